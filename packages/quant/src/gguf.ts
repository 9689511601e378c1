// `@x/quant/gguf`: files and blocks of ggml.
export { decodeBlocks, encodeBlocks, type BlockType } from './gguf/block-types.ts';
export { readGguf, type GgufFile, type GgufTensor } from './gguf/read-gguf.ts';
export { writeGguf, type GgufTensorInput, type TypedMetadata, type WriteGgufOptions } from './gguf/write-gguf.ts';
export { GgufError } from './gguf/gguf-error.ts';
export type { MetadataType, MetadataValue } from './gguf/metadata.ts';

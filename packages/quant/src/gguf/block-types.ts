import type { BlockCodec } from './block-codec.ts';
import { iq4_nl, iq4_xs } from './codebook-blocks.ts';
import { mxfp4, nvfp4 } from './four-bit-floats.ts';
import { q2_k, q3_k, q4_k, q5_k, q6_k } from './k-blocks.ts';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './small-blocks.ts';
import { tq1_0, tq2_0 } from './ternary-blocks.ts';
import { checkArray, checkNumber, show } from '../validation.ts';

const codecs = [q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, iq4_xs, tq1_0, tq2_0, mxfp4, nvfp4] as const;

/** Block formats of ggml that can be read and written here. */
export type BlockType =
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q2_K'
  | 'Q3_K'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K'
  | 'IQ4_NL'
  | 'IQ4_XS'
  | 'TQ1_0'
  | 'TQ2_0'
  | 'MXFP4'
  | 'NVFP4';

export const blockCodecs: ReadonlyMap<string, BlockCodec> = new Map(codecs.map((codec) => [codec.name, codec]));

/**
 * Numbers as blocks of a format, byte for byte as ggml's reference quantizers make them.
 *
 * @param values As many as whole blocks: a multiple of 32, 64 (NVFP4) or 256 (K, TQ and IQ4_XS).
 * @throws {RangeError} if the format is unknown, values don't fill blocks, or one is NaN or infinite.
 * @example
 * const bytes = encodeBlocks(new Float32Array(64).fill(0.5), 'Q8_0'); // 68 bytes
 */
export function encodeBlocks(values: Float32Array, type: BlockType): Uint8Array<ArrayBuffer> {
  checkArray('encodeBlocks', 'values', values);
  const codec = codecOf('encodeBlocks', type);
  if (values.length % codec.numbers !== 0)
    throw new RangeError(
      `encodeBlocks: there are ${values.length} values, but ${type} has blocks of ${codec.numbers}; pad with zeros to a multiple.`,
    );
  values.forEach((value, index) => checkNumber('encodeBlocks', `values[${index}]`, value));
  const blocks = values.length / codec.numbers;
  const bytes = new Uint8Array(blocks * codec.bytes);
  for (let block = 0; block < blocks; block++)
    codec.encode(
      values.subarray(block * codec.numbers, (block + 1) * codec.numbers),
      bytes.subarray(block * codec.bytes, (block + 1) * codec.bytes),
    );
  return bytes;
}

/**
 * The numbers of blocks.
 *
 * @throws {RangeError} if the format is unknown or the bytes aren't whole blocks.
 */
export function decodeBlocks(bytes: Uint8Array, type: BlockType): Float32Array<ArrayBuffer> {
  checkArray('decodeBlocks', 'bytes', bytes);
  const codec = codecOf('decodeBlocks', type);
  if (bytes.length % codec.bytes !== 0)
    throw new RangeError(`decodeBlocks: there are ${bytes.length} bytes, but ${type} has blocks of ${codec.bytes}.`);
  const blocks = bytes.length / codec.bytes;
  const values = new Float32Array(blocks * codec.numbers);
  for (let block = 0; block < blocks; block++)
    codec.decode(
      bytes.subarray(block * codec.bytes, (block + 1) * codec.bytes),
      values.subarray(block * codec.numbers, (block + 1) * codec.numbers),
    );
  return values;
}

function codecOf(where: string, type: string): BlockCodec {
  const codec = blockCodecs.get(type);
  if (!codec) throw new RangeError(`${where}: type is ${show(type)}, but must be one of ${[...blockCodecs.keys()].join(', ')}.`);
  return codec;
}

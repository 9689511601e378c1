export type { DataFile } from './data-file.ts';
export { loadDigits, type Digits } from './digits.ts';
export { fashionMnistSources, loadFashionMnist, type LoadOptions } from './fashion-mnist.ts';
export { parseIdx, type IdxArray } from './idx.ts';
export type { ImagePart, ImageSet } from './image-set.ts';
export { loadMnist } from './mnist.ts';
export type { LoadProgress, OnProgress, Source, SourceContext } from './source.ts';

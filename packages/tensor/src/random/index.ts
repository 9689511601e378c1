export { bits, type BitsOptions } from './bits.ts';
export { fold, key, split, type Key, type Keys } from './key.ts';
export { normal, type NormalOptions } from './normal.ts';
export { permutation } from './permutation.ts';
export { rademacher } from './rademacher.ts';
export { truncatedNormal, type TruncatedNormalOptions } from './truncated-normal.ts';
export { uniform, type UniformOptions } from './uniform.ts';

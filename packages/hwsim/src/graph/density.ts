import { requireInteger, requireNumber, requireObject } from '../validation.ts';

/** Which of a tensor's elements may be non-zero. */
export type Density =
  | { readonly kind: 'dense' }
  /** A share `density` of all elements, anywhere. */
  | { readonly kind: 'unstructured'; readonly density: number }
  /** A share `density` of all `rows` x `columns` blocks. */
  | { readonly kind: 'block'; readonly density: number; readonly rows: number; readonly columns: number }
  /** Of every `m` consecutive elements along the contracted axis, `n`. */
  | { readonly kind: 'n:m'; readonly n: number; readonly m: number };

/** The share of elements that is stored, in (0, 1]. */
export function shareOf(density: Density = { kind: 'dense' }): number {
  requireObject('density', density);
  switch (density.kind) {
    case 'dense':
      return 1;
    case 'n:m': {
      requireInteger('density.n', density.n);
      requireInteger('density.m', density.m, density.n);
      return density.n / density.m;
    }
    default: {
      requireNumber('density.density', density.density, 0, true);
      if (density.density > 1) throw new RangeError(`density.density is ${density.density}, expected a share of at most 1`);
      return density.density;
    }
  }
}

/**
 * Bits that say where the stored elements are, per stored element.
 *
 * Unstructured: a column number per element (CSR). Block: one column number per block. N:M: log2(m) bits per element.
 * `columns` is the length of the axis the position counts along.
 */
export function indexBitsPerElement(density: Density = { kind: 'dense' }, columns = 1): number {
  requireObject('density', density);
  requireInteger('columns', columns);
  switch (density.kind) {
    case 'dense':
      return 0;
    case 'unstructured':
      return Math.ceil(Math.log2(Math.max(2, columns)));
    case 'block':
      return Math.ceil(Math.log2(Math.max(2, columns / density.columns))) / (density.rows * density.columns);
    case 'n:m':
      return Math.ceil(Math.log2(Math.max(2, density.m)));
  }
}

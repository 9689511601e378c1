/** What the product's epilogue can do to each value. */
export const gemmActivations = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 } as const;
export type GemmActivation = keyof typeof gemmActivations;

/**
 * C[b] = activation(op(A[b])·op(B[b]) + bias): addresses, sizes and strides, all in elements of f32.
 * `op` is the identity or the transpose; a batch stride of 0 repeats a matrix.
 */
export interface Gemm {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Address of `n` values added to each row, or 0. */
  readonly bias?: number;
  readonly activation?: GemmActivation;
  /** Slope of leakyrelu below 0. */
  readonly slope?: number;
  /** Elements from one row of the stored A to the next. Default: as many as are used; only where there is no batch. */
  readonly lda?: number;
  readonly batch?: number;
  readonly strideA?: number;
  readonly strideB?: number;
  readonly strideC?: number;
  /** How B is stored in 16 bits: see `half.ts`. Default: as float32. Only where there is no batch. */
  readonly stored?: readonly [format: number, aside: number];
  /** Add to C instead of setting it. */
  readonly accumulate?: boolean;
}

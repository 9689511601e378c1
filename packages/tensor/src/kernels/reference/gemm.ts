import type { GemmActivation } from '../product.ts';

export interface ReferenceGemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: Float32Array;
  readonly activation?: GemmActivation;
  readonly slope?: number;
}

/** C = activation(op(A)·op(B) + bias), row-major, summed in double precision: the truth for the product's kernels. */
export function referenceGemm(call: ReferenceGemm, a: Float32Array, b: Float32Array): Float32Array {
  const { m, n, k, transposeA = false, transposeB = false, bias, activation = 'linear', slope = 0 } = call;
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++)
        sum += (a[transposeA ? l * m + i : i * k + l] as number) * (b[transposeB ? j * k + l : l * n + j] as number);
      c[i * n + j] = activate(sum + (bias?.[j] ?? 0), activation, slope);
    }
  }
  return c;
}

function activate(x: number, activation: GemmActivation, slope: number): number {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return x < 0 ? 0 : x;
    case 'relu6':
      return x < 0 ? 0 : x > 6 ? 6 : x;
    case 'leakyrelu':
      return x < 0 ? slope * x : x;
  }
}

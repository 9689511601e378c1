/** Softmax and its logarithm of each row of n values, in double precision. */
export function referenceSoftmax(x: ArrayLike<number>, rows: number, n: number): { probabilities: Float64Array; logarithms: Float64Array } {
  const probabilities = new Float64Array(rows * n);
  const logarithms = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++) {
    let most = -Infinity;
    for (let j = 0; j < n; j++) most = Math.max(most, x[i * n + j] as number);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.exp((x[i * n + j] as number) - most);
    for (let j = 0; j < n; j++) {
      logarithms[i * n + j] = (x[i * n + j] as number) - most - Math.log(sum);
      probabilities[i * n + j] = Math.exp((x[i * n + j] as number) - most) / sum;
    }
  }
  return { probabilities, logarithms };
}

/** Row by row, the cross-entropy of softmax(x) with the labels q as probabilities, and its gradient dy·(softmax(x) - q). */
export function referenceCrossEntropy(
  x: ArrayLike<number>,
  q: ArrayLike<number>,
  dy: ArrayLike<number>,
  rows: number,
  n: number,
): { loss: Float64Array; gradient: Float64Array } {
  const { probabilities, logarithms } = referenceSoftmax(x, rows, n);
  const loss = new Float64Array(rows);
  const gradient = new Float64Array(rows * n);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) {
      const label = q[i * n + j] as number;
      if (label !== 0) loss[i] = (loss[i] as number) - label * (logarithms[i * n + j] as number);
      gradient[i * n + j] = (dy[i] as number) * ((probabilities[i * n + j] as number) - label);
    }
  }
  return { loss, gradient };
}

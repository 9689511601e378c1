/** Results in double precision, the gradients those for `dy`. */
export interface ReferenceNorm {
  readonly y: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly dx: Float64Array;
  readonly dGamma: Float64Array;
  readonly dBeta: Float64Array;
}

/**
 * Normalization of the sets of values that have the same `setOf(i)`, with factors by `i % gamma.length`, and its gradients;
 * without `beta` by the root mean square alone.
 */
export function referenceNorm(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number> | undefined,
  dy: ArrayLike<number>,
  epsilon: number,
  sets: number,
  setOf: (i: number) => number,
): ReferenceNorm {
  const [n, size] = [gamma.length, x.length];
  const sums = (f: (i: number) => number): Float64Array => {
    const result = new Float64Array(sets);
    for (let i = 0; i < size; i++) result[setOf(i)] = (result[setOf(i)] as number) + f(i);
    return result;
  };
  const counts = sums(() => 1);
  const means = (f: (i: number) => number): Float64Array => sums(f).map((sum, set) => sum / (counts[set] as number));
  const mean = means((i) => (beta ? (x[i] as number) : 0));
  const variance = means((i) => ((x[i] as number) - (mean[setOf(i)] as number)) ** 2);
  const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const normal = Float64Array.from(
    { length: size },
    (_, i) => ((x[i] as number) - (mean[setOf(i)] as number)) * (inverse[setOf(i)] as number),
  );
  const y = normal.map((u, i) => u * (gamma[i % n] as number) + ((beta?.[i % n] as number | undefined) ?? 0));
  const g = normal.map((_, i) => (dy[i] as number) * (gamma[i % n] as number));
  const meanG = means((i) => (beta ? (g[i] as number) : 0));
  const meanGU = means((i) => (g[i] as number) * (normal[i] as number));
  const dx = g.map(
    (value, i) =>
      (inverse[setOf(i)] as number) * (value - (meanG[setOf(i)] as number) - (normal[i] as number) * (meanGU[setOf(i)] as number)),
  );
  const [dGamma, dBeta] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < size; i++) {
    dGamma[i % n] = (dGamma[i % n] as number) + (dy[i] as number) * (normal[i] as number);
    dBeta[i % n] = (dBeta[i % n] as number) + (dy[i] as number);
  }
  return { y, mean, variance, dx, dGamma, dBeta };
}

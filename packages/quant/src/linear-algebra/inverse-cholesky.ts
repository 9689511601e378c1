/**
 * The upper triangular U of a symmetric positive definite matrix's inverse, H⁻¹ = Uᵀ·U, row-major, with a positive diagonal.
 *
 * H is factored as R·Rᵀ, R upper triangular, from the last row up; then U = R⁻¹. No inverse of H is formed.
 *
 * @throws {RangeError} if the matrix isn't positive definite.
 */
export function inverseCholesky(matrix: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const r = Float64Array.from(matrix);
  for (let j = size - 1; j >= 0; j--) {
    const pivot = r[j * size + j] as number;
    if (!(pivot > 0))
      throw new RangeError(`inverseCholesky: pivot ${j} is ${pivot}, but must be positive; use more damping or more samples.`);
    const diagonal = Math.sqrt(pivot);
    for (let i = 0; i < j; i++) r[i * size + j]! /= diagonal;
    r[j * size + j] = diagonal;
    // What is left of the upper triangle of the rows above.
    for (let i = 0; i < j; i++) {
      const factor = r[i * size + j] as number;
      if (factor === 0) continue;
      for (let k = i; k < j; k++) r[i * size + k]! -= factor * (r[k * size + j] as number);
    }
  }
  // U = R⁻¹ from the last row up: U[i, :] = (e_i - Σ_{k>i} R[i, k] · U[k, :]) / R[i, i].
  const inverse = new Float64Array(size * size);
  for (let i = size - 1; i >= 0; i--) {
    const row = inverse.subarray(i * size, (i + 1) * size);
    row[i] = 1;
    for (let k = i + 1; k < size; k++) {
      const factor = r[i * size + k] as number;
      if (factor === 0) continue;
      for (let j = k; j < size; j++) row[j]! -= factor * (inverse[k * size + j] as number);
    }
    const diagonal = r[i * size + i] as number;
    for (let j = i; j < size; j++) row[j]! /= diagonal;
  }
  return inverse;
}

/** out[i] = x[the element at which the strides put index i], for a shape with strides in elements from `offset` on. */
export function referenceStrided<T>(x: ArrayLike<T>, shape: readonly number[], strides: readonly number[], offset = 0): T[] {
  const size = shape.reduce((product, count) => product * count, 1);
  return Array.from({ length: size }, (_, index) => {
    let at = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (index % (shape[axis] as number)) * (strides[axis] as number);
      index = Math.floor(index / (shape[axis] as number));
    }
    return x[at] as T;
  });
}

/** Output axis i is input axis permutation[i]. */
export function referenceTranspose<T>(x: ArrayLike<T>, shape: readonly number[], permutation: readonly number[]): T[] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return referenceStrided(
    x,
    permutation.map((axis) => shape[axis] as number),
    permutation.map((axis) => strides[axis] as number),
  );
}

/** What was there, with row i of x at row indices[i], of several for the same place the last. */
export function referenceScatterRows<T>(x: ArrayLike<T>, indices: ArrayLike<number>, before: ArrayLike<T>, row: number): T[] {
  const to = Array.from(before);
  for (let i = 0; i < indices.length; i++) for (let j = 0; j < row; j++) to[(indices[i] as number) * row + j] = x[i * row + j] as T;
  return to;
}

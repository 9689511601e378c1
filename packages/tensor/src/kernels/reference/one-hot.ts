/** Rows of `off` with `on` at each index that is one of `depth`. */
export function referenceOneHot(indices: ArrayLike<number>, depth: number, on: number, off: number): number[] {
  return Array.from(indices).flatMap((index) => Array.from({ length: depth }, (_, i) => (i === index ? on : off)));
}

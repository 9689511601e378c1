/** Cumulative sums or products over the middle axis of [outer, r, n], one element after another. */
export function referenceCumulative(
  combine: (a: number, b: number) => number,
  first: number,
  x: ArrayLike<number>,
  [outer, r, n]: readonly [number, number, number],
  { exclusive, reverse }: { readonly exclusive: boolean; readonly reverse: boolean },
): Float64Array {
  const result = new Float64Array(x.length);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < n; j++) {
      let before = first;
      for (let k = 0; k < r; k++) {
        const at = (i * r + (reverse ? r - 1 - k : k)) * n + j;
        const value = combine(before, x[at] as number);
        result[at] = exclusive ? before : value;
        before = value;
      }
    }
  }
  return result;
}

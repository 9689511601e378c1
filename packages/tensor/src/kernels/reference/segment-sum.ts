/** to[ids[i], :] + the sum of x[i, :], in double precision or modulo 2^32: the truth for the segment sums. */
export function referenceSegmentSum(
  x: Float32Array | Int32Array,
  ids: Int32Array,
  to: Float32Array | Int32Array,
  width: number,
): Float64Array {
  const sums = Float64Array.from(to);
  for (const [i, id] of ids.entries()) {
    if (id < 0 || (id + 1) * width > to.length) continue;
    for (let j = 0; j < width; j++) sums[id * width + j] = (sums[id * width + j] as number) + (x[i * width + j] as number);
  }
  return x instanceof Int32Array ? sums.map((value) => value | 0) : sums;
}

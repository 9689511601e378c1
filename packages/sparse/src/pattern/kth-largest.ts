/**
 * The k-th largest of the values (k from 1), in time of their number; the array is reordered.
 *
 * Hoare's selection with the median of three; -Infinity if k is more than there are.
 */
export function kthLargest(values: Float32Array | Float64Array, k: number): number {
  if (k > values.length) return -Infinity;
  let low = 0;
  let high = values.length - 1;
  const wanted = k - 1;
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! > pivot) i++;
      while (values[j]! < pivot) j--;
      if (i <= j) {
        const kept = values[i]!;
        values[i++] = values[j]!;
        values[j--] = kept;
      }
    }
    if (wanted <= j) high = j;
    else if (wanted >= i) low = i;
    else break;
  }
  return values[wanted]!;
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** 1 for the k largest scores, 0 for the others; of equal ones the earlier is kept. */
export function keepLargest(scores: Float32Array | Float64Array, k: number): Uint8Array {
  const keep = new Uint8Array(scores.length);
  if (k <= 0) return keep;
  if (k >= scores.length) return keep.fill(1);
  const threshold = kthLargest(scores.slice(), k);
  let ties = k;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold) ties--;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold || (scores[i] === threshold && ties-- > 0)) keep[i] = 1;
  return keep;
}

import { keepLargest } from '../pattern/kth-largest.ts';

/** 1 for the `count` largest scores of all layers together, 0 for the others. */
export function keepAcross(scores: readonly Float32Array[], count: number): Uint8Array[] {
  const all = new Float32Array(scores.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  const starts = scores.map((own) => {
    all.set(own, at);
    return (at += own.length) - own.length;
  });
  const keep = keepLargest(all, count);
  return scores.map(({ length }, layer) => keep.slice(starts[layer], starts[layer]! + length));
}

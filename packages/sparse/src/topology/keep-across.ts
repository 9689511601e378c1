import { keepLargest } from '@x/tensor/sparse';

/** 1 for the `count` largest of all layers' scores together, or of their sizes, 0 for the others. */
export function keepAcross(scores: readonly Float32Array[], count: number, by: 'value' | 'magnitude' = 'value'): Uint8Array[] {
  const all = new Float32Array(scores.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  const starts = scores.map((own) => {
    all.set(own, at);
    return (at += own.length) - own.length;
  });
  const keep = keepLargest(all, count, { by });
  return scores.map(({ length }, layer) => keep.slice(starts[layer], starts[layer]! + length));
}

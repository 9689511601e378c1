import type { Windows } from '../conv-windows.ts';
import type { Pooling } from '../pool.ts';
import { eachTap, volumeOf } from './conv.ts';

/** Values of each output, as indices of x, in the order of the taps. */
function members(windows: Windows): number[][] {
  const { batch, channels, grid } = windows;
  const lists = Array.from({ length: batch * volumeOf(grid) * channels }, (): number[] => []);
  eachTap(windows, (q, _tap, pixel) => {
    for (let c = 0; c < channels; c++) lists[q * channels + c]?.push(pixel * channels + c);
  });
  return lists;
}

/** Where the first of the greatest values is; nowhere if all are NaN or -Infinity. */
function greatest(x: Float32Array, members: readonly number[]): number | undefined {
  let at: number | undefined;
  for (const i of members) if ((x[i] as number) > (at === undefined ? -Infinity : (x[at] as number))) at = i;
  return at;
}

/** The truth for the pooling kernels. */
export function referencePool(pooling: Pooling, windows: Windows, x: Float32Array): Float64Array {
  return Float64Array.from(members(windows), (list) => {
    const at = greatest(x, list);
    if (pooling === 'max') return at === undefined ? -Infinity : (x[at] as number);
    return list.reduce((sum, i) => sum + (x[i] as number), 0) / Math.max(list.length, 1);
  });
}

/** The truth for their gradients; the average's divides by the whole window. */
export function referencePoolGradient(pooling: Pooling, windows: Windows, x: Float32Array, dy: Float32Array): Float64Array {
  const dx = new Float64Array(x.length);
  for (const [o, list] of members(windows).entries()) {
    const at = greatest(x, list);
    const given = dy[o] as number;
    if (pooling === 'average') for (const i of list) dx[i] = (dx[i] as number) + given / volumeOf(windows.window);
    else if (at !== undefined) dx[at] = (dx[at] as number) + given;
  }
  return dx;
}

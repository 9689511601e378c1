import type { Windows } from '../conv-windows.ts';
import { eachTap, volumeOf } from './conv.ts';

/** out[q, c] = sum of x[q + tap, c]·filter[tap, c], in double precision: the truth for the depthwise kernels. */
export function referenceDepthwise(windows: Windows, x: Float32Array, filter: Float32Array): Float64Array {
  const out = new Float64Array(windows.batch * volumeOf(windows.grid) * windows.channels);
  eachProduct(windows, (q, f, i) => (out[q] = (out[q] as number) + (x[i] as number) * (filter[f] as number)));
  return out;
}

/** dx[q + tap, c] = sum of dy[q, c]·filter[tap, c]. */
export function referenceDepthwiseInputGradient(windows: Windows, dy: Float32Array, filter: Float32Array): Float64Array {
  const dx = new Float64Array(windows.batch * volumeOf(windows.image) * windows.channels);
  eachProduct(windows, (q, f, i) => (dx[i] = (dx[i] as number) + (dy[q] as number) * (filter[f] as number)));
  return dx;
}

/** dfilter[tap, c] = sum of x[q + tap, c]·dy[q, c]. */
export function referenceDepthwiseFilterGradient(windows: Windows, x: Float32Array, dy: Float32Array): Float64Array {
  const gradient = new Float64Array(volumeOf(windows.window) * windows.channels);
  eachProduct(windows, (q, f, i) => (gradient[f] = (gradient[f] as number) + (x[i] as number) * (dy[q] as number)));
  return gradient;
}

function eachProduct(windows: Windows, visit: (output: number, filter: number, input: number) => void): void {
  const { channels } = windows;
  eachTap(windows, (q, tap, pixel) => {
    for (let c = 0; c < channels; c++) visit(q * channels + c, tap * channels + c, pixel * channels + c);
  });
}

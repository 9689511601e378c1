import type { Triple, Windows } from '../conv-windows.ts';

/** Calls `visit` for each tap of each window that lies in the image: window, tap and pixel, each counted from 0 through its batch. */
export function eachTap(
  { batch, image, grid, window, stride, dilation, before }: Windows,
  visit: (q: number, tap: number, pixel: number) => void,
): void {
  const walk = ([d, h, w]: Triple, step: (z: number, y: number, x: number, index: number) => void): void => {
    for (let index = 0; index < d * h * w; index++) step(Math.floor(index / (h * w)), Math.floor(index / w) % h, index % w, index);
  };
  for (let b = 0; b < batch; b++) {
    walk(grid, (oz, oy, ox, q) => {
      walk(window, (tz, ty, tx, tap) => {
        const z = oz * stride[0] + tz * dilation[0] - before[0];
        const y = oy * stride[1] + ty * dilation[1] - before[1];
        const x = ox * stride[2] + tx * dilation[2] - before[2];
        if (z < 0 || y < 0 || x < 0 || z >= image[0] || y >= image[1] || x >= image[2]) return;
        const pixel = ((b * image[0] + z) * image[1] + y) * image[2] + x;
        visit(b * grid[0] * grid[1] * grid[2] + q, tap, pixel);
      });
    });
  }
}

export function volumeOf([d, h, w]: Triple): number {
  return d * h * w;
}

/** out[q, n] = sum of x[q + tap, c]·filter[tap, c, n], in double precision: the truth for the convolution's kernels. */
export function referenceConv(windows: Windows, outputs: number, x: Float32Array, filter: Float32Array): Float64Array {
  const out = new Float64Array(windows.batch * volumeOf(windows.grid) * outputs);
  eachProduct(windows, outputs, (q, f, i) => (out[q] = (out[q] as number) + (x[i] as number) * (filter[f] as number)));
  return out;
}

/** dx[q + tap, c] = sum of dy[q, n]·filter[tap, c, n]. */
export function referenceConvInputGradient(windows: Windows, outputs: number, dy: Float32Array, filter: Float32Array): Float64Array {
  const dx = new Float64Array(windows.batch * volumeOf(windows.image) * windows.channels);
  eachProduct(windows, outputs, (q, f, i) => (dx[i] = (dx[i] as number) + (dy[q] as number) * (filter[f] as number)));
  return dx;
}

/** dfilter[tap, c, n] = sum of x[q + tap, c]·dy[q, n]. */
export function referenceConvFilterGradient(windows: Windows, outputs: number, x: Float32Array, dy: Float32Array): Float64Array {
  const gradient = new Float64Array(volumeOf(windows.window) * windows.channels * outputs);
  eachProduct(windows, outputs, (q, f, i) => (gradient[f] = (gradient[f] as number) + (x[i] as number) * (dy[q] as number)));
  return gradient;
}

function eachProduct(windows: Windows, outputs: number, visit: (output: number, filter: number, input: number) => void): void {
  const { channels } = windows;
  eachTap(windows, (q, tap, pixel) => {
    for (let c = 0; c < channels; c++) {
      for (let n = 0; n < outputs; n++) visit(q * outputs + n, (tap * channels + c) * outputs + n, pixel * channels + c);
    }
  });
}

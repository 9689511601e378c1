import type { Windows } from './conv-windows.ts';

type Values = Float32Array | Int32Array;

/** What gave a window's maximum, in each channel: the tap, and the pixel of all images; -1 if the window met no pixel. */
interface Winners {
  readonly value: Float64Array;
  readonly tap: Int32Array;
  readonly pixel: Int32Array;
}

/**
 * Calls `visit` with each window of a greyscale dilation, max over taps of x[q + tap, c] + filter[tap, c], and what its
 * maxima are; of equal ones the first counts.
 */
export function eachDilation(
  { batch, channels, image, grid, window, stride, dilation, before }: Windows,
  x: Values,
  filter: Values,
  visit: (q: number, winners: Winners) => void,
): void {
  const [, height, width] = image;
  const winners: Winners = { value: new Float64Array(channels), tap: new Int32Array(channels), pixel: new Int32Array(channels) };
  let q = 0;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < grid[1]; oy++) {
      for (let ox = 0; ox < grid[2]; ox++) {
        winners.value.fill(-Infinity);
        winners.tap.fill(-1);
        winners.pixel.fill(-1);
        for (let tap = 0; tap < window[1] * window[2]; tap++) {
          const y = oy * stride[1] - before[1] + Math.floor(tap / window[2]) * dilation[1];
          const column = ox * stride[2] - before[2] + (tap % window[2]) * dilation[2];
          if (y < 0 || y >= height || column < 0 || column >= width) continue;
          compare(winners, x, (b * height + y) * width + column, filter, tap);
        }
        visit(q++, winners);
      }
    }
  }
}

function compare(winners: Winners, x: Values, pixel: number, filter: Values, tap: number): void {
  const channels = winners.value.length;
  for (let c = 0; c < channels; c++) {
    const value = (x[pixel * channels + c] as number) + (filter[tap * channels + c] as number);
    if (value > (winners.value[c] as number)) {
      winners.value[c] = value;
      winners.tap[c] = tap;
      winners.pixel[c] = pixel;
    }
  }
}

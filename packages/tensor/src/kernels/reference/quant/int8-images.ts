import type { Int8Windows } from '../../quant/int8-windows.ts';

/** 8-bit images [batch, height, width, channels] and what stands for 0 in them. */
export interface Int8Images {
  readonly x: ArrayLike<number>;
  readonly batch: number;
  readonly zero: number;
  readonly windows: Int8Windows;
}

/** The rows that a convolution multiplies: for each output position the bytes under the kernel, the zero outside the image. */
export function referenceInt8Windows(images: Int8Images): Int32Array<ArrayBuffer> {
  const { channels, kernelHeight, kernelWidth } = images.windows;
  const taps = kernelHeight * kernelWidth;
  const rows = new Int32Array(positions(images) * taps * channels).fill(images.zero);
  eachTap(images, (position, tap, at) => {
    for (let c = 0; c < channels; c++) rows[(position * taps + tap) * channels + c] = images.x[at + c] as number;
  });
  return rows;
}

/** Sums of a depthwise convolution: int32[positions, channels · multiplier]; w is [taps, channels · multiplier]. */
export function referenceInt8Depthwise(
  images: Int8Images,
  w: ArrayLike<number>,
  multiplier: number,
  wZero: (unit: number) => number,
): Int32Array<ArrayBuffer> {
  const units = images.windows.channels * multiplier;
  const sums = new Int32Array(positions(images) * units);
  eachTap(images, (position, tap, at) => {
    for (let unit = 0; unit < units; unit++) {
      const value = (images.x[at + Math.floor(unit / multiplier)] as number) - images.zero;
      sums[position * units + unit]! += value * ((w[tap * units + unit] as number) - wZero(unit));
    }
  });
  return sums;
}

/** The largest under each window: [positions, channels]. */
export function referenceInt8MaxPool(images: Int8Images, least: number): Int32Array<ArrayBuffer> {
  const { channels } = images.windows;
  const largest = new Int32Array(positions(images) * channels).fill(least);
  eachTap(images, (position, _tap, at) => {
    for (let c = 0; c < channels; c++) {
      const to = position * channels + c;
      largest[to] = Math.max(largest[to] as number, images.x[at + c] as number);
    }
  });
  return largest;
}

/** Sums of x - zero under each window, [positions, channels], and how many positions of it are inside. */
export function referenceInt8SumPool(images: Int8Images): { readonly sums: Int32Array; readonly counts: Int32Array } {
  const { channels } = images.windows;
  const sums = new Int32Array(positions(images) * channels);
  const counts = new Int32Array(positions(images));
  eachTap(images, (position, _tap, at) => {
    counts[position]!++;
    for (let c = 0; c < channels; c++) sums[position * channels + c]! += (images.x[at + c] as number) - images.zero;
  });
  return { sums, counts };
}

function positions({ batch, windows: { outHeight, outWidth } }: Int8Images): number {
  return batch * outHeight * outWidth;
}

/** Visits each position of each window that is inside the image, with where its channels begin. */
function eachTap(images: Int8Images, visit: (position: number, tap: number, at: number) => void): void {
  const { height, width, channels, kernelHeight, kernelWidth, outHeight, outWidth, ...w } = images.windows;
  for (let position = 0; position < positions(images); position++) {
    const [ox, line] = [position % outWidth, Math.floor(position / outWidth)];
    const [oy, image] = [line % outHeight, Math.floor(line / outHeight)];
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      const y = oy * w.strideHeight - w.padTop + Math.floor(tap / kernelWidth) * w.dilationHeight;
      const x = ox * w.strideWidth - w.padLeft + (tap % kernelWidth) * w.dilationWidth;
      if (y >= 0 && y < height && x >= 0 && x < width) visit(position, tap, ((image * height + y) * width + x) * channels);
    }
  }
}

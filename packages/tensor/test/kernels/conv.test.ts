import { expect, test } from 'vitest';
import { conv, convFilterGradient, convInputGradient, PADDED_BYTES } from '../../src/kernels/conv.ts';
import type { Windows } from '../../src/kernels/conv-windows.ts';
import { referenceConv, referenceConvFilterGradient, referenceConvInputGradient, volumeOf } from '../../src/kernels/reference/conv.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { expectSums } from './rounded-sums.ts';
import { floats } from './values.ts';
import { describeWindows, shapes } from './windows.ts';

const abs = (values: Float32Array): Float32Array => values.map(Math.abs);

interface Sizes {
  readonly x: number;
  readonly filter: number;
  readonly y: number;
}
const sizesOf = (w: Windows, outputs: number): Sizes => ({
  x: w.batch * volumeOf(w.image) * w.channels,
  filter: volumeOf(w.window) * w.channels * outputs,
  y: w.batch * volumeOf(w.grid) * outputs,
});

/** How many channels there are, and whether images are padded beforehand. */
const outputCounts = [
  [1, 0],
  [3, PADDED_BYTES],
  [16, 0],
  [37, PADDED_BYTES],
  [37, 0],
] as const;

inEveryCombination((kernels) => {
  test('f32-conv: error at most 2^-23 · sqrt(K) · (sum of the products’ sizes)', () => {
    for (const [index, windows] of shapes.entries()) {
      for (const [outputs, paddedBytes] of outputCounts) {
        const sizes = sizesOf(windows, outputs);
        const x = floats(sizes.x, index + 1);
        const filter = floats(sizes.filter, index + 50);
        const blocks = new Blocks(kernels());
        const to = blocks.place(new Float32Array(sizes.y).fill(NaN));
        conv(kernels(), windows, outputs, blocks.place(x), blocks.place(filter), to, {}, paddedBytes);
        const given = blocks.read(to, new Float32Array(sizes.y));
        blocks.release();
        const scale = referenceConv(windows, outputs, abs(x), abs(filter));
        expectSums(
          given,
          referenceConv(windows, outputs, x, filter),
          scale,
          volumeOf(windows.window) * windows.channels,
          describeWindows(windows),
        );
      }
    }
  });

  test('f32-conv: bias and activation', () => {
    const windows = shapes[6]!;
    const outputs = 19;
    const sizes = sizesOf(windows, outputs);
    const x = floats(sizes.x, 1);
    const filter = floats(sizes.filter, 2);
    const bias = floats(outputs, 3);
    const exact = referenceConv(windows, outputs, x, filter);
    for (const activation of ['linear', 'relu', 'relu6', 'leakyrelu'] as const) {
      const blocks = new Blocks(kernels());
      const to = blocks.place(new Float32Array(sizes.y));
      conv(kernels(), windows, outputs, blocks.place(x), blocks.place(filter), to, { bias: blocks.place(bias), activation, slope: 0.25 });
      const given = blocks.read(to, new Float32Array(sizes.y));
      blocks.release();
      const expected = exact.map((value, i) => {
        const sum = value + bias[i % outputs]!;
        if (activation === 'linear' || sum >= 0) return activation === 'relu6' ? Math.min(sum, 6) : sum;
        return activation === 'leakyrelu' ? 0.25 * sum : 0;
      });
      expect(given).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-4 });
    }
  });

  test('f32-conv, gradient of the images: error at most 2^-23 · sqrt(K) · (sum of the products’ sizes)', () => {
    for (const [index, windows] of shapes.entries()) {
      for (const [outputs, paddedBytes] of outputCounts) {
        const sizes = sizesOf(windows, outputs);
        const dy = floats(sizes.y, index + 1);
        const filter = floats(sizes.filter, index + 50);
        const blocks = new Blocks(kernels());
        const to = blocks.place(new Float32Array(sizes.x).fill(NaN));
        convInputGradient(kernels(), windows, outputs, blocks.place(dy), blocks.place(filter), to, paddedBytes);
        const given = blocks.read(to, new Float32Array(sizes.x));
        blocks.release();
        const scale = referenceConvInputGradient(windows, outputs, abs(dy), abs(filter));
        expectSums(
          given,
          referenceConvInputGradient(windows, outputs, dy, filter),
          scale,
          volumeOf(windows.window) * outputs,
          describeWindows(windows),
        );
      }
    }
  });

  test('f32-conv, gradient of the filter: error at most 2^-23 · sqrt(windows) · (sum of the products’ sizes)', () => {
    for (const [index, windows] of shapes.entries()) {
      for (const [outputs, paddedBytes] of outputCounts) {
        const sizes = sizesOf(windows, outputs);
        const x = floats(sizes.x, index + 1);
        const dy = floats(sizes.y, index + 50);
        const blocks = new Blocks(kernels());
        const to = blocks.place(new Float32Array(sizes.filter).fill(NaN));
        convFilterGradient(kernels(), windows, outputs, blocks.place(x), blocks.place(dy), to, paddedBytes);
        const given = blocks.read(to, new Float32Array(sizes.filter));
        blocks.release();
        const scale = referenceConvFilterGradient(windows, outputs, abs(x), abs(dy));
        expectSums(
          given,
          referenceConvFilterGradient(windows, outputs, x, dy),
          scale,
          Math.max(4, sizes.y / outputs),
          describeWindows(windows),
        );
      }
    }
  });

  test('f32-conv: K of several blocks, and NaN only where a window meets it', () => {
    const windows: Windows = { ...shapes[7]!, channels: 200, image: [1, 3, 4], grid: [1, 3, 4] };
    const sizes = sizesOf(windows, 5);
    const x = floats(sizes.x, 1);
    x[0] = NaN;
    const filter = floats(sizes.filter, 2);
    const blocks = new Blocks(kernels());
    const to = blocks.place(new Float32Array(sizes.y));
    conv(kernels(), windows, 5, blocks.place(x), blocks.place(filter), to);
    const given = blocks.read(to, new Float32Array(sizes.y));
    blocks.release();
    expect(given).toBeAllclose(referenceConv(windows, 5, x, filter), { rtol: 1e-4, atol: 1e-2, equalNaN: true });
  });
});

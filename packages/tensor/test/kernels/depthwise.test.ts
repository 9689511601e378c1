import { expect, test } from 'vitest';
import type { Windows } from '../../src/kernels/conv-windows.ts';
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from '../../src/kernels/depthwise.ts';
import type { GemmActivation } from '../../src/kernels/product.ts';
import { volumeOf } from '../../src/kernels/reference/conv.ts';
import {
  referenceDepthwise,
  referenceDepthwiseFilterGradient,
  referenceDepthwiseInputGradient,
} from '../../src/kernels/reference/depthwise.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { expectSums } from './rounded-sums.ts';
import { floats } from './values.ts';
import { describeWindows, shapes, windowsOf } from './windows.ts';

const abs = (values: Float32Array): Float32Array => values.map(Math.abs);
const sizesOf = (w: Windows): { x: number; filter: number; y: number } => ({
  x: w.batch * volumeOf(w.image) * w.channels,
  filter: volumeOf(w.window) * w.channels,
  y: w.batch * volumeOf(w.grid) * w.channels,
});
const all = [
  ...shapes,
  windowsOf({ channels: 45, image: [9, 10], window: [5, 3], before: [2, 1] }),
  windowsOf({ batch: 2, channels: 24, image: [12, 12], window: [3, 3], stride: [2, 2], before: [0, 0], after: [1, 1] }),
];

inEveryCombination((kernels) => {
  test('f32-depthwise and its gradients: error at most 2^-23 · sqrt(terms) · (sum of the products’ sizes)', () => {
    for (const [index, windows] of all.entries()) {
      const sizes = sizesOf(windows);
      const x = floats(sizes.x, index + 1);
      const filter = floats(sizes.filter, index + 50);
      const dy = floats(sizes.y, index + 100);
      const blocks = new Blocks(kernels());
      const [xAt, filterAt, dyAt] = [blocks.place(x), blocks.place(filter), blocks.place(dy)];
      const y = blocks.place(new Float32Array(sizes.y).fill(NaN));
      depthwise(kernels(), windows, xAt, filterAt, y);
      const dx = blocks.place(new Float32Array(sizes.x).fill(NaN));
      depthwiseInputGradient(kernels(), windows, dyAt, filterAt, dx);
      const dFilter = blocks.place(new Float32Array(sizes.filter).fill(NaN));
      depthwiseFilterGradient(kernels(), windows, xAt, dyAt, dFilter);
      const given = [
        blocks.read(y, new Float32Array(sizes.y)),
        blocks.read(dx, new Float32Array(sizes.x)),
        blocks.read(dFilter, new Float32Array(sizes.filter)),
      ] as const;
      blocks.release();
      const taps = Math.max(4, volumeOf(windows.window));
      const name = describeWindows(windows);
      expectSums(given[0], referenceDepthwise(windows, x, filter), referenceDepthwise(windows, abs(x), abs(filter)), taps, `y of ${name}`);
      expectSums(
        given[1],
        referenceDepthwiseInputGradient(windows, dy, filter),
        referenceDepthwiseInputGradient(windows, abs(dy), abs(filter)),
        taps,
        `dx of ${name}`,
      );
      expectSums(
        given[2],
        referenceDepthwiseFilterGradient(windows, x, dy),
        referenceDepthwiseFilterGradient(windows, abs(x), abs(dy)),
        Math.max(4, sizes.y / windows.channels),
        `dfilter of ${name}`,
      );
    }
  });

  const activations: Record<GemmActivation, (value: number) => number> = {
    linear: (value) => value,
    relu: (value) => Math.max(0, value),
    relu6: (value) => Math.min(6, Math.max(0, value)),
    leakyrelu: (value) => (value < 0 ? 0.3 * value : value),
  };
  test.each(Object.entries(activations) as [GemmActivation, (value: number) => number][])(
    'f32-depthwise: bias and %s, with each kind of windows',
    (activation, activate) => {
      for (const windows of all) {
        const sizes = sizesOf(windows);
        const [x, filter, bias] = [floats(sizes.x, 1), floats(sizes.filter, 2), floats(windows.channels, 3)];
        const blocks = new Blocks(kernels());
        const to = blocks.place(new Float32Array(sizes.y));
        const epilogue = { bias: blocks.place(bias), activation, slope: Math.fround(0.3) };
        depthwise(kernels(), windows, blocks.place(x), blocks.place(filter), to, epilogue);
        const given = blocks.read(to, new Float32Array(sizes.y));
        blocks.release();
        const expected = referenceDepthwise(windows, x, filter).map((value, i) => activate(value + bias[i % windows.channels]!));
        expect(given, describeWindows(windows)).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-4 });
      }
    },
  );
});

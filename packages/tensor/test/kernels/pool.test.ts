import { expect, test } from 'vitest';
import { pool, poolGradient } from '../../src/kernels/pool.ts';
import { volumeOf } from '../../src/kernels/reference/conv.ts';
import { referencePool, referencePoolGradient } from '../../src/kernels/reference/pool.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats } from './values.ts';
import { describeWindows, shapes, windowsOf } from './windows.ts';

const all = [
  ...shapes,
  windowsOf({ batch: 3, channels: 32, image: [12, 12], window: [2, 2], stride: [2, 2] }),
  // Pixels that no window meets.
  windowsOf({ batch: 2, channels: 19, image: [7, 6], window: [2, 2], stride: [2, 2] }),
  windowsOf({ batch: 2, channels: 9, image: [8, 9], window: [2, 2], stride: [3, 3], before: [1, 1] }),
  windowsOf({ batch: 1, channels: 70, image: [9, 9], window: [9, 9] }),
  windowsOf({ batch: 1, channels: 70, image: [9, 9], window: [3, 3], stride: [1, 2], dilation: [2, 2], before: [1, 2] }),
  // Few channels, windows that overlap and such that don't.
  ...[1, 2, 3, 5, 7].flatMap((channels) => [
    windowsOf({ batch: 2, channels, image: [9, 13], window: [2, 2], stride: [2, 2] }),
    windowsOf({ batch: 1, channels, image: [9, 13], window: [3, 3], stride: [2, 2], before: [1, 1] }),
    windowsOf({ batch: 1, channels, image: [7, 11], window: [3, 4], stride: [1, 1], before: [1, 2] }),
  ]),
  // Rows put together in several pieces, and windows too wide for that.
  windowsOf({ batch: 1, channels: 300, image: [4, 40], window: [2, 3], stride: [1, 2], before: [1, 1] }),
  windowsOf({ batch: 1, channels: 20_000, image: [2, 4], window: [2, 3], stride: [1, 1], before: [0, 1] }),
];

/** Values of which many are equal, many negative, and some no number. */
function values(count: number, seed: number): Float32Array {
  return floats(count, seed).map((value, i) => (i % 29 === 5 ? NaN : i % 31 === 7 ? -Infinity : Math.round(value * 4) / 4 - 2));
}

inEveryCombination((kernels) => {
  test('f32-max-pool: exact, NaN passed over, windows of negative values too; its gradient within 2^-22 of the sum', () => {
    for (const [index, windows] of all.entries()) {
      const x = values(windows.batch * volumeOf(windows.image) * windows.channels, index);
      const dy = floats(windows.batch * volumeOf(windows.grid) * windows.channels, index + 50);
      const blocks = new Blocks(kernels());
      const [xAt, dyAt] = [blocks.place(x), blocks.place(dy)];
      const y = blocks.place(new Float32Array(dy.length).fill(NaN));
      pool(kernels(), 'max', windows, xAt, y);
      const expected = referencePoolGradient('max', windows, x, dy);
      const scale = referencePoolGradient('max', windows, x, dy.map(Math.abs));
      for (const pooled of [0, y]) {
        const dx = blocks.place(new Float32Array(x.length).fill(NaN));
        poolGradient(kernels(), 'max', windows, xAt, dyAt, dx, pooled);
        const given = blocks.read(dx, new Float32Array(x.length));
        expected.forEach((value, i) => {
          if (!(Math.abs(given[i]! - value) <= 2 ** -22 * scale[i]!))
            expect.fail(`${describeWindows(windows)}: [${i}] is ${given[i]}, not ${value}`);
        });
      }
      const given = blocks.read(y, new Float32Array(dy.length));
      blocks.release();
      expect(given, describeWindows(windows)).toEqual(Float32Array.from(referencePool('max', windows, x)));
    }
  });

  test('f32-average-pool and its gradient: within 2^-23 · sqrt(taps) · (greatest size)', () => {
    for (const [index, windows] of all.entries()) {
      const x = floats(windows.batch * volumeOf(windows.image) * windows.channels, index);
      const dy = floats(windows.batch * volumeOf(windows.grid) * windows.channels, index + 50);
      const blocks = new Blocks(kernels());
      const [xAt, dyAt] = [blocks.place(x), blocks.place(dy)];
      const y = blocks.place(new Float32Array(dy.length).fill(NaN));
      const dx = blocks.place(new Float32Array(x.length).fill(NaN));
      pool(kernels(), 'average', windows, xAt, y);
      poolGradient(kernels(), 'average', windows, xAt, dyAt, dx);
      const given = [blocks.read(y, new Float32Array(dy.length)), blocks.read(dx, new Float32Array(x.length))] as const;
      blocks.release();
      const atol = 2 ** -23 * 4 * (Math.sqrt(volumeOf(windows.window)) + 2);
      expect(given[0], describeWindows(windows)).toBeAllclose(referencePool('average', windows, x), { rtol: 0, atol, equalNaN: true });
      expect(given[1], describeWindows(windows)).toBeAllclose(referencePoolGradient('average', windows, x, dy), { rtol: 0, atol });
    }
  });
});

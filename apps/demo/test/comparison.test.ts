import * as tf from '@tensorflow/tfjs-core';
import { disable, enable } from '@x/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareBackends } from '../src/comparison.ts';

const pixels = 16;
const count = 5120;
/** Images whose brightest quarter is their class. */
const images = {
  images: Uint8Array.from({ length: count * pixels }, (_, i) =>
    Math.floor((i % pixels) / 4) === Math.floor(i / pixels) % 4 ? 200 : (i * 7) % 50,
  ),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 4),
  count,
};

beforeAll(async () => {
  tf.enableProdMode();
  await enable({ threads: 1 });
});
afterAll(() => disable());

it('gets the same losses from the same program on every backend, and leaves nothing behind', async () => {
  const before = tf.memory().numTensors;
  const begun: [string, number][] = [];
  const { backends } = await compareBackends(images, {
    sizes: [pixels, 8, 4],
    seed: 3,
    signal: new AbortController().signal,
    onBackend: (backend, fraction) => begun.push([backend, fraction]),
  });
  expect(begun).toEqual([
    ['x', 0],
    ['wasm', 1 / 3],
    ['cpu', 2 / 3],
  ]);
  expect(backends.map(({ backend }) => backend)).toEqual(['x', 'wasm', 'cpu']);
  for (const { losses, lossDifference, millisecondsPerStep, ratio, steps } of backends) {
    expect(losses.length).toBeGreaterThanOrEqual(2);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    // A loss near 1, of a sum over 128 images in whatever order: some units in the last place.
    expect(lossDifference).toBeLessThan(1e-5);
    expect(ratio).toBeCloseTo(millisecondsPerStep / backends[0]!.millisecondsPerStep, 6);
    expect(steps).toBeGreaterThanOrEqual(1);
  }
  expect(tf.getBackend()).toBe('x');
  expect(tf.memory().numTensors).toBe(before);
});

it('stops between two steps when it is interrupted', async () => {
  const before = tf.memory().numTensors;
  const interruption = new AbortController();
  const run = compareBackends(images, {
    sizes: [pixels, 8, 4],
    seed: 3,
    signal: interruption.signal,
    onBackend: () => setTimeout(() => interruption.abort()),
  });
  await expect(run).rejects.toThrow('aborted');
  expect(tf.getBackend()).toBe('x');
  expect(tf.memory().numTensors).toBe(before);
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { expectNoLeak } from '../src/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('passes when everything is disposed, and returns what the function returns', () => {
  const sum = expectNoLeak(() => tf.tidy(() => tf.add(1, 2).dataSync()[0]));
  expect(sum).toBe(3);
});

test('fails on a leaked tensor and names it in tensors and bytes', () => {
  let leaked: tf.Tensor | undefined;
  expect(() => expectNoLeak(() => void (leaked = tf.zeros([4])))).toThrow(/Expected 0 tensors to remain, but 1 \(16 bytes\) did/);
  leaked?.dispose();
});

test('fails on a tensor disposed that was not created inside', () => {
  const outer = tf.zeros([4]);
  expect(() => expectNoLeak(() => outer.dispose())).toThrow(/but -1 .* Something was disposed that was not created here/);
});

test('fails when one tensor replaces another of another size', () => {
  let held = tf.zeros([4]);
  expect(() =>
    expectNoLeak(() => {
      held.dispose();
      held = tf.zeros([8]);
    }),
  ).toThrow('but 0 (16 bytes) did');
  held.dispose();
});

test('keeps allows for the tensors that are returned', () => {
  const result = expectNoLeak(() => tf.zeros([4]), { keeps: 1 });
  expect(() => expectNoLeak(() => undefined, { keeps: 1 })).toThrow('Expected 1 tensor to remain, but 0');
  expect(() => expectNoLeak(() => undefined, { keeps: 0.5 })).toThrow(RangeError);
  result.dispose();
});

test('waits for an asynchronous function', async () => {
  let leaked: tf.Tensor | undefined;
  const later = async (): Promise<void> => {
    await Promise.resolve();
    leaked = tf.zeros([2]);
  };
  await expect(expectNoLeak(later)).rejects.toThrow('but 1 (8 bytes) did');
  leaked?.dispose();
});

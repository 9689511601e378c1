import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { clipByGlobalNorm, type Gradients } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));
  const none = { step: 0, slots: {} };
  const clip = (norm: number, gradients: Gradients): Gradients => clipByGlobalNorm(norm).transform(gradients, none, {});
  const norm = (gradients: Gradients): number => Math.hypot(...Object.values(gradients).flatMap((gradient) => [...gradient.dataSync()]));

  test.each([0.1, 1, 4.9])('a longer gradient gets the norm %d to 6 places, and keeps its direction', (most) => {
    tf.tidy(() => {
      const clipped = clip(most, { a: tf.tensor1d([3, 0]), b: tf.scalar(4) });
      expect(norm(clipped)).toBeCloseTo(most, 6);
      expect(clipped['b']!.dataSync()[0]! / clipped['a']!.dataSync()[0]!).toBeCloseTo(4 / 3, 6);
    });
  });

  test('a shorter one stays, and clipping twice is clipping once', () => {
    tf.tidy(() => {
      const gradients = { a: tf.tensor1d([3, 0]), b: tf.scalar(4) };
      expect(clip(5.1, gradients)['a']).toBeAllclose([3, 0], { rtol: 0 });
      const once = clip(2, gradients);
      expect(clip(2, once)['a']).toBeAllclose(once['a']!, { rtol: 1e-6 });
      expect(clip(1, { a: tf.zeros([2]) })['a']).toBeAllclose([0, 0]);
    });
  });
});

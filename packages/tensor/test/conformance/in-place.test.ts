/** tfjs's own kernels keep packed copies of weights; values written in place are seen once the backend is told by `touch`. */
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { XBackend } from '../../src/backend/backend.ts';

let backend: XBackend;
beforeAll(async () => {
  await enable();
  backend = tf.backend() as unknown as XBackend;
});
afterAll(disable);

const ones = (...shape: number[]): tf.Tensor => tf.fill(shape, 1);
const image = (): tf.Tensor4D => ones(1, 5, 5, 2) as tf.Tensor4D;
const filter = (): tf.Tensor => ones(3, 3, 2, 4);
const center = (y: tf.Tensor): number => tf.slice(y, [0, 1, 1, 0], [1, 1, 1, 1]).dataSync()[0] as number;

const cases: Record<string, { weights: () => tf.Tensor; apply: (weights: tf.Tensor) => tf.Tensor; before: number; after: number }> = {
  'filter of conv2d': { weights: filter, apply: (w) => tf.conv2d(image(), w as tf.Tensor4D, 1, 'valid'), before: 18, after: 180 },
  'filter of fused conv2d': {
    weights: filter,
    apply: (w) => tf.fused.conv2d({ x: image(), filter: w as tf.Tensor4D, strides: 1, pad: 'valid', bias: ones(4) }),
    before: 19,
    after: 181,
  },
  'bias of fused conv2d': {
    weights: () => ones(4),
    apply: (w) => tf.fused.conv2d({ x: image(), filter: filter() as tf.Tensor4D, strides: 1, pad: 'valid', bias: w }),
    before: 19,
    after: 28,
  },
  'filter of depthwiseConv2d': {
    weights: () => ones(3, 3, 2, 2),
    apply: (w) => tf.depthwiseConv2d(image(), w as tf.Tensor4D, 1, 'valid'),
    before: 9,
    after: 90,
  },
  'slope of prelu': { weights: () => ones(2), apply: (w) => tf.prelu(tf.neg(image()), w), before: -1, after: -10 },
};

describe.each(Object.entries(cases))('%s', (_, { weights, apply, before, after }) => {
  it('written in place is seen by the next call', () => {
    tf.tidy(() => {
      const w = weights();
      expect(center(apply(w))).toBe(before);
      backend.typedArrayFromHeap(w).fill(10);
      backend.touch(w);
      expect(center(apply(w))).toBe(after);
    });
  });

  it('written in place is seen when the other arguments are the same tensors', () => {
    tf.tidy(() => {
      const w = weights();
      const run = (): number => center(apply(w));
      expect([run(), run()]).toEqual([before, before]);
      backend.typedArrayFromHeap(w).fill(10);
      backend.touch(w);
      expect([run(), run()]).toEqual([after, after]);
    });
  });
});

it('a bias written in place is seen beside a filter that stays', () => {
  tf.tidy(() => {
    const w = filter() as tf.Tensor4D;
    const bias = ones(4);
    const run = (): number => center(tf.fused.conv2d({ x: image(), filter: w, strides: 1, pad: 'valid', bias }));
    expect(run()).toBe(19);
    backend.typedArrayFromHeap(bias).fill(10);
    backend.touch(bias);
    expect(run()).toBe(28);
  });
});

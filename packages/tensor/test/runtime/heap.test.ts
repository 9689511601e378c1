import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, HeapExhaustedError, type Runtime } from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MIB = 2 ** 20;

describe('a heap of 64 MiB', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await enable({ heap: 64 * MIB });
  });
  afterAll(disable);

  /** Tensors of 4 MiB until there is no room. */
  function exhaust(): { tensors: tf.Tensor[]; error: HeapExhaustedError } {
    const tensors: tf.Tensor[] = [];
    try {
      for (;;) tensors.push(tf.fill([MIB], tensors.length));
    } catch (error) {
      return { tensors, error: error as HeapExhaustedError };
    }
  }

  it('says when it is exhausted how much was asked for, and how much is held', () => {
    const { tensors, error } = exhaust();
    const { used } = runtime.memory();
    expect(error).toBeInstanceOf(HeapExhaustedError);
    expect(error).toMatchObject({ name: 'HeapExhaustedError', requested: 4 * MIB, held: used, limit: 64 * MIB });
    expect(error.message).toContain('4,194,304 bytes asked for');
    expect(error.message).toContain(`${used.toLocaleString('en')} of 67,108,864 held`);
    expect(tensors.length).toBeGreaterThanOrEqual(10);
    tf.dispose(tensors);
  });

  it('gets everything back of an operation that fails at whichever of its allocations', () => {
    const image = tf.ones<tf.Rank.R4>([4, 32, 32, 16]);
    const filter = tf.ones<tf.Rank.R4>([3, 3, 16, 16]);
    const window = { strides: 1, pad: 'same', dataFormat: 'NHWC', inputShape: image.shape, filterShape: filter.shape };
    const kernel = (name: string, inputs: tf.NamedTensorMap): tf.Tensor => tf.engine().runKernel(name, inputs, window);
    const operations: Readonly<Record<string, () => tf.Tensor>> = {
      conv2d: () => tf.conv2d(image, filter, 1, 'same'),
      'gradient of its images': () => kernel('Conv2DBackpropInput', { dy: image, filter }),
      'gradient of its filter': () => kernel('Conv2DBackpropFilter', { x: image, dy: image }),
      'sum over axes between': () => tf.sum(image, [1, 3]),
      depthwiseConv2d: () => tf.depthwiseConv2d(image, tf.ones([3, 3, 16, 2]), 1, 'same'),
      softmax: () => tf.softmax(tf.reshape(image, [-1, 64])),
      'einsum, transposed': () => tf.einsum('bhwc,bhwd->cd', image, image),
      concat: () => tf.concat([image, image], 3),
    };
    const once = (run: () => tf.Tensor): void => tf.tidy(() => void run().dataSync());
    let failures = 0;
    for (const [name, run] of Object.entries(operations)) {
      // Once with room for all, so that the workspace is there.
      once(run);
      const fill: tf.Tensor[] = [];
      expect(() => {
        for (;;) fill.push(tf.ones([16_384]));
      }).toThrow(HeapExhaustedError);
      // Ever more room, until there is enough.
      for (let succeeded = false; !succeeded && fill.length > 0;) {
        fill.pop()?.dispose();
        const before = { used: runtime.memory().used, tensors: tf.memory().numTensors };
        try {
          once(run);
          succeeded = true;
        } catch (error) {
          expect(error, name).toBeInstanceOf(HeapExhaustedError);
          failures++;
        }
        expect(tf.memory().numTensors, name).toBe(before.tensors);
        // Less, where a larger workspace was looked for; what others hold is still theirs.
        expect(runtime.memory().used, name).toBeLessThanOrEqual(before.used);
      }
      expect(fill.every((tensor) => tensor.dataSync()[16_383] === 1)).toBe(true);
      tf.dispose(fill);
    }
    expect(failures).toBeGreaterThan(12);
    expect(tf.tidy(() => tf.sum(image).dataSync()[0])).toBe(65_536);
    tf.dispose([image, filter]);
  });

  it('works on after that, with all values intact, and its memory can be had again', () => {
    const before = runtime.memory().used;
    const { tensors } = exhaust();
    tensors.forEach((tensor, i) => expect(tf.tidy(() => tf.slice(tensor, 12_345, 1).dataSync()[0])).toBe(i));
    expect(() => tf.ones([MIB])).toThrow(HeapExhaustedError);
    tf.dispose(tensors);
    const again = exhaust();
    expect(again.tensors.length).toBe(tensors.length);
    tf.dispose(again.tensors);
    expect(tf.tidy(() => tf.matMul(tf.ones([300, 200]), tf.ones([200, 100])).dataSync()[0])).toBe(200);
    expect(tf.memory().numTensors).toBe(0);
    // The workspace of products may stay.
    expect(runtime.memory().used - before).toBeLessThan(2 * MIB);
  });

  it('gives blocks of one size back for another', () => {
    tf.dispose(exhaust().tensors);
    const large = tf.ones([10 * MIB]);
    expect(large.dataSync().at(-1)).toBe(1);
    large.dispose();
  });

  it('leaves no trace of a request that can never be met', () => {
    const before = runtime.memory();
    expect(() => tf.zeros([20 * MIB])).toThrow(HeapExhaustedError);
    expect(runtime.memory().used).toBe(before.used);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('has numbers that add up', () => {
    const before = runtime.memory();
    const tensor = tf.zeros([1000, 1000]);
    const during = runtime.memory();
    expect(during.used - before.used).toBeGreaterThanOrEqual(4_000_000);
    expect(during.used - before.used).toBeLessThanOrEqual(4_000_000 * 1.13);
    tensor.dispose();
    const after = runtime.memory();
    expect(after.used).toBe(before.used);
    expect(after.cached - before.cached).toBe(during.used - before.used);
    for (const { used, cached, size, limit } of [before, during, after]) {
      expect(used + cached).toBeLessThanOrEqual(size);
      expect(size).toBeLessThanOrEqual(limit);
      expect(limit).toBe(64 * MIB);
    }
  });

  it('tidy, keep and dispose leave nothing', () => {
    const { used } = runtime.memory();
    const dataIds = tf.engine().backend.numDataIds();
    expectNoLeak(
      () => {
        const kept = tf.tidy(() => {
          const x = tf.randomNormal<tf.Rank.R2>([30, 40]);
          tf.keep(tf.mul(x, 2));
          return [tf.keep(tf.relu(x)), tf.softmax(tf.matMul(x, x, true)), tf.clone(tf.reshape(x, [40, 30]))];
        });
        tf.dispose(kept);
      },
      { keeps: 1 },
    );
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBe(1);
    tf.engine().reset();
    expect(tf.engine().registryFactory).toHaveProperty('x');
    tf.setBackend('x');
    expect(tf.engine().backend.numDataIds()).toBe(dataIds);
    expect(runtime.memory().used).toBe(used);
  });

  it('stays the same over thousands of training steps', () => {
    const weights = tf.variable(tf.randomNormal([64, 10], 0, 0.1, 'float32', 1));
    const x = tf.randomNormal<tf.Rank.R2>([32, 64], 0, 1, 'float32', 2);
    const labels = tf.tidy(() => tf.oneHot(tf.cast(tf.mod(tf.range(0, 32), 10), 'int32'), 10));
    const optimizer = tf.train.momentum(0.1, 0.9);
    const step = (): void => {
      optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, tf.matMul(x, weights)) as tf.Scalar);
    };
    for (let i = 0; i < 50; i++) step();
    const before = { ...runtime.memory(), ...tf.memory() };
    for (let i = 0; i < 1000; i++) step();
    expect({ ...runtime.memory(), ...tf.memory() }).toEqual(before);
    optimizer.dispose();
    tf.dispose([weights, x, labels]);
  });
});

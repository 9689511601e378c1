import * as tf from '@tensorflow/tfjs-core';
import { dense, enable, random, sequential, sgd, trainable, trainStep } from '@x/tensor';
import { bsrToDense, csrToDense } from '@x/tensor/sparse';
import { beforeAll, describe, expect, test } from 'vitest';
import { expandBlocks, nmPattern, sparseLinear } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

describe.each(backends)('layers of blocks and N:M on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });

  test('a layer of blocks computes what the dense layer of its matrix does, trains, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    for (const block of [
      [4, 4],
      [16, 16],
      [4, 1],
      [1, 4],
    ] as const) {
      const layer = sparseLinear(32, 48, { density: 1 / 3, block, activation: 'relu', key: random.key(3) });
      expect(layer.pattern.nonZeros).toBe(512);
      expect(layer.pattern.block).toEqual(block);
      const net = sequential([layer, dense(48, 3, { key: random.key(4) })]);
      const x = random.normal(random.key(5), [10, 32]);
      tf.tidy(() => {
        const expected = tf.relu(tf.matMul(x, bsrToDense(layer.variables.values, layer.pattern), false, true));
        expect(layer.apply(x).dataSync() as Float32Array).toBeAllclose(expected.dataSync() as Float32Array, { rtol: 1e-5, atol: 1e-5 });
      });
      const y = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], 'int32');
      const optimizer = sgd({ learningRate: 0.1 });
      const state = optimizer.init(trainable(net));
      const losses = Array.from({ length: 40 }, () => tf.tidy(() => trainStep(net, { x, y }, { optimizer, state }).dataSync()[0]!));
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
      net.dispose();
      tf.dispose([x, y]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('blocks as elements are the same matrix', () => {
    const layer = sparseLinear(12, 8, { density: 0.5, block: [2, 3], key: random.key(1) });
    const { pattern, from } = expandBlocks(layer.pattern);
    tf.tidy(() => {
      const values = layer.variables.values.dataSync();
      const byRows = tf.tensor1d(Float32Array.from(from, (place) => values[place]!));
      expect([...csrToDense(byRows, pattern).dataSync()]).toEqual([...bsrToDense(layer.variables.values, layer.pattern).dataSync()]);
    });
    pattern.dispose();
    layer.dispose();
  });

  test('an N:M layer has n weights among each m neighbours, every place as likely', () => {
    const pattern = nmPattern(500, 16, [2, 4], random.key(2));
    const counts = new Array<number>(4).fill(0);
    for (let row = 0; row < 500; row++) {
      const columns = pattern.indices.subarray(pattern.pointers[row], pattern.pointers[row + 1]);
      for (let group = 0; group < 4; group++) expect(columns.filter((column) => Math.floor(column / 4) === group)).toHaveLength(2);
      columns.forEach((column) => counts[column % 4]!++);
    }
    // 2,000 draws of probability 1/2: six standard deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(500));
    pattern.dispose();
    const layer = sparseLinear(16, 8, { nm: [4, 8], key: random.key(0) });
    expect(layer.pattern.nonZeros).toBe(64);
    layer.dispose();
  });
});

test('what does not fit is refused by name', () => {
  const key = random.key(0);
  expect(() => sparseLinear(10, 8, { density: 0.5, block: [4, 4], key })).toThrow(/\[8, 10\] can't be cut into blocks of 4 x 4/);
  expect(() => sparseLinear(8, 8, { density: 0.5, block: [0, 4], key })).toThrow(/block\[0\] is 0/);
  expect(() => sparseLinear(8, 8, { nm: [2, 4], block: [4, 4], key } as never)).toThrow(/block is \[4, 4\] without a density/);
  expect(() => sparseLinear(8, 8, { nm: [2, 4], density: 0.5, key })).toThrow(/give one of them/);
  expect(() => sparseLinear(8, 8, { key })).toThrow(/give one of them/);
  expect(() => nmPattern(2, 6, [2, 4], key)).toThrow(/6 columns can't be cut into groups of 4/);
  expect(() => nmPattern(2, 8, [5, 4], key)).toThrow(/n is 5, but must be .* at most 4/);
  expect(() => nmPattern(2, 8, 2 as never, key)).toThrow(/nm is 2/);
});

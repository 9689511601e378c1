import * as tf from '@tensorflow/tfjs-core';
import { dense, disable, random, residual, sequential } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compact, sparseLinear, toDense } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

describe.each(backends)('toDense on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('ordinary layers compute the same, also of a compacted network; other layers are shared; nothing leaks', () => {
    const before = tf.memory().numTensors;
    const [a, b, c] = random.split(random.key(0), 3);
    const net = sequential([
      sequential([sparseLinear(20, 14, { density: 0.1, activation: 'leakyRelu', slope: 0.3, key: a })]),
      sparseLinear(14, 9, { density: 0.3, room: 0.5, bias: false, key: b }),
      dense(9, 4, { key: c }),
    ]);
    const ordinary = toDense(net);
    expect(Object.fromEntries(Object.entries(ordinary.variables).map(([name, { shape }]) => [name, shape]))).toEqual({
      ...{ '0.0.weight': [20, 14], '0.0.bias': [14], '1.weight': [14, 9], '2.weight': [9, 4], '2.bias': [4] },
    });
    expect(ordinary.layers[2]).toBe(net.layers[2]);
    const part = sequential([
      sparseLinear(20, 14, { density: 0.05, activation: 'relu', key: a }),
      sparseLinear(14, 3, { density: 0.2, key: b }),
    ]);
    const { net: small, inputs } = compact(part);
    const smaller = toDense(small);
    expect(smaller.variables['0.weight']!.shape[0]).toBe(inputs.length);
    tf.tidy(() => {
      const x = random.normal(random.key(1), [6, 20]);
      expect(ordinary.apply(x).dataSync()).toBeAllclose(net.apply(x).dataSync(), { rtol: 1e-5, atol: 1e-6 });
      const seen = tf.gather(x, tf.tensor1d(inputs, 'int32'), 1);
      expect(smaller.apply(seen).dataSync()).toBeAllclose(part.apply(x).dataSync(), { rtol: 1e-5, atol: 1e-6 });
    });
    for (const own of [ordinary, net, smaller, small, part]) own.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('it reaches into containers', () => {
    const net = sequential([residual([sparseLinear(9, 9, { density: 0.3, key: random.key(0) })])]);
    const ordinary = toDense(net);
    expect(Object.keys(ordinary.variables)).toEqual(['0.inner.0.weight', '0.inner.0.bias']);
    tf.tidy(() => {
      const x = random.normal(random.key(1), [4, 9]);
      expect(ordinary.apply(x).dataSync()).toBeAllclose(net.apply(x).dataSync(), { rtol: 1e-5, atol: 1e-6 });
    });
    net.dispose();
    ordinary.dispose();
  });

  test('what it can’t make dense is refused by name', () => {
    expect(() => toDense(dense(2, 2, { key: random.key(0) }) as never)).toThrow(/must be made by sequential/);
    const divided = sparseLinear(4, 2, { density: 0.5, key: random.key(0) });
    divided.divide({ forward: Uint8Array.of(1, 0, 0, 1), backward: Uint8Array.of(1, 1, 1, 1) });
    const blocks = sparseLinear(8, 8, { density: 0.5, block: [4, 4], key: random.key(0) });
    expect(() => toDense(sequential([divided]))).toThrow(/layer 0 of net is divided/);
    expect(() => toDense(sequential([sequential([blocks])]))).toThrow(/layer 0\.0 of net is of blocks/);
    divided.dispose();
    blocks.dispose();
  });
});

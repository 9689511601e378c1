import * as tf from '@tensorflow/tfjs-core';
import { dense, disable, random, sequential } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compact, sparseLinear, sparsityReport } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

describe.each(backends)('compact on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test('the smaller network computes the same; it has no dead unit; nothing leaks', () => {
    const before = tf.memory().numTensors;
    let removed = 0;
    for (let seed = 0; seed < 12; seed++) {
      const [a, b, c, forX, forBias] = random.split(random.key(seed), 5);
      const net = sequential([
        sparseLinear(30, 24, { density: 0.05, activation: 'tanh', key: a }),
        sparseLinear(24, 20, { density: 0.06, activation: 'relu', bias: seed % 3 !== 0, key: b }),
        sparseLinear(20, 6, { density: 0.08, bias: seed % 2 === 0, key: c }),
      ]);
      // Constant units give something only with biases.
      Object.entries(net.variables).forEach(
        ([name, variable], index) =>
          name.endsWith('bias') && tf.tidy(() => variable.assign(random.normal(random.fold(forBias, index), variable.shape))),
      );
      const { net: small, inputs, units } = compact(net);
      tf.tidy(() => {
        const x = random.normal(forX, [5, 30]);
        const given = small.apply(tf.gather(x, tf.tensor1d(inputs, 'int32'), 1));
        expect(given.dataSync()).toBeAllclose(net.apply(x).dataSync(), { rtol: 1e-5, atol: 1e-5 });
      });
      const report = sparsityReport(small);
      expect(report.layers.map((layer) => layer.units)).toEqual(units);
      expect([units.at(-1), report.layers[0]!.inputs]).toEqual([6, inputs.length]);
      expect(report.layers.map(({ deadInputs }) => deadInputs)).toEqual([0, 0, 0]);
      // Of hidden units those stay that are constant and that the next layer has no bias for.
      if (seed % 6 === 2 || seed % 6 === 4) expect(report.layers.slice(0, 2).map(({ deadUnits }) => deadUnits)).toEqual([0, 0]);
      removed += 74 - inputs.length - units[0]! - units[1]!;
      net.dispose();
      small.dispose();
    }
    expect(removed).toBeGreaterThan(12 * 20);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a network of other layers is refused by name', () => {
    const net = sequential([sparseLinear(3, 3, { density: 1, key: random.key(0) }), dense(3, 2, { key: random.key(1) })]);
    expect(() => compact(net)).toThrow(/a layer of kind 'dense', but must be a sequential of sparseLinear layers/);
    net.dispose();
  });
});

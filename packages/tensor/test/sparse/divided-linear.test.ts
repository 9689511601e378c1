import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activation as activate, disable, enable } from '../../src/index.ts';
import { csrDividedLinear, csrPattern, csrToDense, divideCsr } from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

describe.each(backends)('csrDividedLinear on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('output and gradients are those of the dense masked product, to 1e-5 of the sum of the products’ sizes; nothing leaks', () => {
    for (const [rows, columns, batch, part, trained, more] of [
      [1, 1, 1, 1, 1, 0],
      [31, 17, 64, 0.5, 1, 0],
      [23, 40, 70, 0.3, 0.6, 0],
      [23, 40, 3, 0, 0.5, 0],
      [64, 50, 128, 0.2, 0.2, 9],
    ] as const) {
      const { pointers, indices, values: own } = sparseMatrix(rows, columns, 0.4, rows);
      const before = tf.memory().numTensors;
      const pattern = csrPattern(rows, columns, pointers, indices);
      // Those that take part are trained.
      const among = (of: number): Uint8Array => Uint8Array.from(indices, (_, q) => ((q * 7919) % 1000 < 1000 * of ? 1 : 0));
      const [forward, backward] = [among(part), among(trained)];
      const division = divideCsr(pattern, own.length + more, forward, backward);
      tf.tidy(() => {
        const inputs = [
          tf.tensor(floats(batch * columns, 1, { scale: 1 }), [batch, columns]),
          tf.tensor1d([...own, ...new Array<number>(more).fill(0)]),
          tf.tensor1d(floats(rows, 2, { scale: 1 })),
        ];
        const weight = tf.tensor(floats(batch * rows, 3, { scale: 1 }), [batch, rows]);
        const padded = (flags: Uint8Array): tf.Tensor => tf.tensor1d([...flags, ...new Array<number>(more).fill(0)], 'float32');
        for (const activation of ['relu', 'tanh'] as const) {
          const dense = (x: tf.Tensor, values: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
            activate(tf.add(tf.matMul(x, csrToDense(values, pattern), false, true), bias), activation);
          const used = tf.mul(inputs[1]!, padded(forward));
          const expected = tf.valueAndGrads((x, v, b) => tf.sum(tf.mul(dense(x!, v!, b!), weight)))([inputs[0]!, used, inputs[2]!]);
          expected.grads[1] = tf.mul(expected.grads[1]!, padded(backward));
          const given = tf.valueAndGrads((x, v, b) => tf.sum(tf.mul(csrDividedLinear(x!, v!, division, b!, { activation }), weight)))(
            inputs,
          );
          const y = csrDividedLinear(inputs[0]!, inputs[1]!, division, inputs[2], { activation });
          expect(y.dataSync()).toBeAllclose(dense(inputs[0]!, used, inputs[2]!).dataSync(), {
            rtol: 1e-5,
            atol: 2e-5 * Math.sqrt(columns),
          });
          given.grads.forEach((gradient, i) =>
            expect(gradient.dataSync(), `${rows}x${columns} ${activation} ${i}`).toBeAllclose(expected.grads[i]!.dataSync(), {
              rtol: 1e-5,
              atol: 2e-5 * Math.sqrt([rows, batch, batch][i]!),
            }),
          );
        }
      });
      division.dispose();
      pattern.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('wrong arguments are refused by name, and nothing is made', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
    const flags = Uint8Array.of(1, 1, 0);
    const before = tf.memory().numTensors;
    expect(() => divideCsr(pattern, 3, Uint8Array.of(1), flags)).toThrow(/keep has 1 flags, but the pattern has 3/);
    expect(() => divideCsr(pattern, 3, flags, Uint8Array.of(1))).toThrow(/keep has 1 flags/);
    expect(() => divideCsr(pattern, 2, flags, flags)).toThrow(/size is 2/);
    expect(tf.memory().numTensors).toBe(before);
    const division = divideCsr(pattern, 3, flags, flags);
    expect(() => csrDividedLinear(tf.ones([1, 3]), tf.ones([2]), division)).toThrow(/csrDividedLinear: values/);
    expect(() => csrDividedLinear(tf.ones([1, 4]), tf.ones([3]), division)).toThrow(/4 values along its last axis/);
    division.dispose();
    expect(() => csrDividedLinear(tf.ones([1, 3]), tf.ones([3]), division)).toThrow(/disposed/);
    pattern.dispose();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { csrMatMul, csrPattern, csrSampledMatMul, csrToDense } from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

const shapes: readonly (readonly [rows: number, columns: number, batch: number, density: number])[] = [
  [1, 1, 1, 1],
  [4, 3, 2, 0],
  [5, 7, 1, 0.5],
  [16, 20, 33, 0.3],
  [31, 17, 64, 1],
  [23, 40, 70, 0.2],
];

describe.each(backends)('sparse products on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('csrMatMul and its gradients are those of the dense masked product, to 1e-5 of the sum of the products’ sizes', () => {
    shapes.forEach(([rows, columns, batch, density], index) => {
      const matrix = sparseMatrix(rows, columns, density, index + 1);
      const pattern = csrPattern(rows, columns, matrix.pointers, matrix.indices);
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const x = tf.tensor(floats(batch * rows, 1, { scale: 1 }), [batch, rows]);
        const weight = tf.tensor(floats(batch * columns, 2, { scale: 1 }), [batch, columns]);
        // More values than non-zeros: the rest is not used.
        const values = tf.tensor1d([...matrix.values, 7, NaN]);
        const y = csrMatMul(x, values, pattern);
        expect(y.dataSync()).toBeAllclose(tf.matMul(x, csrToDense(values, pattern)).dataSync(), { rtol: 1e-5, atol: 1e-5 * rows });
        const [dx, dv] = tf.grads((a, v) => tf.sum(tf.mul(csrMatMul(a, v, pattern), weight)))([x, values]);
        const dense = tf.grads((a, v) => tf.sum(tf.mul(tf.matMul(a, csrToDense(v, pattern)), weight)))([x, values]);
        expect(dx!.dataSync()).toBeAllclose(dense[0]!.dataSync(), { rtol: 1e-5, atol: 1e-5 * columns });
        expect(dv!.dataSync()).toBeAllclose(dense[1]!.dataSync(), { rtol: 1e-5, atol: 1e-5 * batch });
      });
      expect(tf.memory().numTensors).toBe(before);
      pattern.dispose();
    });
  });

  test('csrSampledMatMul and its gradients are the dense product’s at the non-zeros, to 1e-5 of the sum of the products’ sizes', () => {
    shapes.forEach(([rows, columns, batch, density], index) => {
      const matrix = sparseMatrix(rows, columns, density, index + 1);
      const pattern = csrPattern(rows, columns, matrix.pointers, matrix.indices);
      tf.tidy(() => {
        const a = tf.tensor(floats(batch * rows, 1, { scale: 1 }), [batch, rows]);
        const b = tf.tensor(floats(batch * columns, 2, { scale: 1 }), [batch, columns]);
        const weight = tf.tensor1d(floats(pattern.nonZeros + 2, 3, { scale: 1 }));
        const sampled = csrSampledMatMul(a, b, pattern, { size: pattern.nonZeros + 2 });
        const mask = csrToDense(tf.ones([pattern.nonZeros]), pattern);
        expect(csrToDense(sampled, pattern).dataSync()).toBeAllclose(tf.mul(tf.matMul(a, b, true), mask).dataSync(), {
          rtol: 1e-5,
          atol: 1e-5 * batch,
        });
        expect([...sampled.dataSync().slice(-2)]).toEqual([0, 0]);
        const sparse = tf.grads((x, y) => tf.sum(tf.mul(csrSampledMatMul(x, y, pattern, { size: weight.size }), weight)))([a, b]);
        const full = csrToDense(weight, pattern);
        const dense = tf.grads((x, y) => tf.sum(tf.mul(tf.matMul(x, y, true), full)))([a, b]);
        sparse.forEach((gradient, i) =>
          expect(gradient.dataSync()).toBeAllclose(dense[i]!.dataSync(), { rtol: 1e-5, atol: 1e-5 * Math.max(rows, columns) }),
        );
      });
      pattern.dispose();
    });
  });

  test('wrong arguments are refused by name', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
    const [a, b, values] = [tf.zeros([4, 2]), tf.zeros([4, 3]), tf.zeros([3])];
    expect(() => csrMatMul(b, values, pattern)).toThrow(/csrMatMul: x .* shape must be \[any, 2\]/);
    expect(() => csrMatMul(a, tf.zeros([2]), pattern)).toThrow(/values has 2 elements, but the pattern has 3/);
    expect(() => csrSampledMatMul(a, tf.zeros([5, 3]), pattern)).toThrow(/b .* shape must be \[4, 3\]/);
    expect(() => csrSampledMatMul(a, b, pattern, { size: 2 })).toThrow(/size is 2/);
    pattern.dispose();
  });
});

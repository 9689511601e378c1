import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable, linear, type ActivationName } from '../../src/index.ts';
import { bsrLinear, bsrPattern, bsrToDense } from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { floats } from '../kernels/values.ts';
import { sparseMatrix } from './matrices.ts';

const shapes: readonly (readonly [
  block: readonly [number, number],
  blockRows: number,
  blockColumns: number,
  batch: number,
  density: number,
])[] = [
  [[4, 1], 8, 20, 33, 0.3],
  [[1, 4], 20, 8, 7, 0.3],
  [[4, 4], 9, 8, 128, 0.2],
  [[4, 4], 2, 3, 2, 0],
  [[16, 16], 3, 2, 70, 1],
  [[3, 5], 7, 6, 9, 0.5],
];
const activations: readonly ActivationName[] = ['relu', 'linear', 'leakyRelu', 'relu6', 'tanh', 'gelu'];

describe.each(backends)('bsrLinear on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('output and all gradients are those of the dense masked product, to 1e-5 of the sum of the products’ sizes', () => {
    shapes.forEach(([block, blockRows, blockColumns, batch, density], index) => {
      const { pointers, indices } = sparseMatrix(blockRows, blockColumns, density, index + 1);
      const [rows, columns] = [blockRows * block[0], blockColumns * block[1]];
      const pattern = bsrPattern(rows, columns, block, pointers, indices);
      const activation = activations[index]!;
      const inputs = [
        tf.tensor(floats(batch * columns, 1, { scale: 1 }), [batch, columns]),
        tf.tensor1d(floats(pattern.nonZeros, 2, { scale: 1 })),
        tf.tensor1d(floats(rows, 3, { scale: 1 })),
      ];
      const weight = tf.tensor(floats(batch * rows, 4, { scale: 1 }), [batch, rows]);
      const run = (apply: (x: tf.Tensor, v: tf.Tensor, b: tf.Tensor) => tf.Tensor): Float32Array[] =>
        tf.tidy(() => {
          const grads = tf.grads((x, v, b) => tf.sum(tf.mul(apply(x!, v!, b!), weight)))(inputs);
          return [apply(inputs[0]!, inputs[1]!, inputs[2]!), ...grads].map((tensor) => tensor.dataSync().slice() as Float32Array);
        });
      const sparse = run((x, v, b) => bsrLinear(x, v, pattern, b, { activation }));
      const dense = run((x, v, b) => linear(x, tf.transpose(bsrToDense(v, pattern)), b, { activation }));
      const sizes = [columns, rows, batch, batch];
      sparse.forEach((given, i) =>
        expect(given, `${block.join('x')} ${activation} ${i}`).toBeAllclose(dense[i]!, {
          rtol: 1e-5,
          atol: 1e-5 * Math.sqrt(sizes[i]!) * 2,
        }),
      );
      tf.dispose([...inputs, weight]);
      pattern.dispose();
    });
  });

  test('any leading axes; nothing leaks', () => {
    const pattern = bsrPattern(4, 8, [2, 4], Int32Array.of(0, 1, 2), Int32Array.of(1, 0));
    const [x, values] = [tf.ones([2, 3, 8]), tf.ones([16])];
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      expect(bsrLinear(x, values, pattern).shape).toEqual([2, 3, 4]);
      expect([...bsrLinear(tf.ones([8]), values, pattern).dataSync()]).toEqual([4, 4, 4, 4]);
      tf.grad((v) => tf.sum(bsrLinear(x, v, pattern)))(values);
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, values]);
    pattern.dispose();
  });

  test('wrong arguments are refused by name', () => {
    const pattern = bsrPattern(4, 8, [4, 4], Int32Array.of(0, 1), Int32Array.of(1));
    const [x, values] = [tf.zeros([2, 8]), tf.zeros([16])];
    expect(() => bsrLinear(tf.zeros([2, 4]), values, pattern)).toThrow(/x has 4 values along its last axis .* takes 8/);
    expect(() => bsrLinear(x, tf.zeros([15]), pattern)).toThrow(/values .*\[16\]/);
    expect(() => bsrLinear(x, values, {} as never)).toThrow(/pattern is .*bsrPattern\(\)/);
    expect(() => bsrPattern(5, 8, [4, 4], Int32Array.of(0, 1), Int32Array.of(1))).toThrow(/\[5, 8\] can't be cut into blocks of 4 x 4/);
    expect(() => bsrPattern(4, 8, [0, 4], Int32Array.of(0, 1), Int32Array.of(1))).toThrow(/block\[0\] is 0/);
    expect(() => bsrPattern(4, 8, 4 as never, Int32Array.of(0, 1), Int32Array.of(1))).toThrow(/block is 4/);
    expect(() => bsrPattern(4, 8, [4, 4], Int32Array.of(0, 2), Int32Array.of(1, 1))).toThrow(/must rise/);
    pattern.dispose();
    expect(() => bsrLinear(x, values, pattern)).toThrow(/pattern is disposed/);
    tf.dispose([x, values]);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable, type ActivationName } from '../../src/index.ts';
import { csrLinear, csrPattern, csrToDense } from '../../src/sparse.ts';
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
  [64, 50, 128, 0.05],
];
const activations: readonly ActivationName[] = ['linear', 'relu', 'relu6', 'leakyRelu', 'tanh', 'gelu', 'sigmoid'];

/** Output, and gradients of x, values and bias, of the loss sum(y·weight). */
function run(
  apply: (x: tf.Tensor, values: tf.Tensor, bias: tf.Tensor) => tf.Tensor,
  inputs: tf.Tensor[],
  weight: tf.Tensor,
): Float32Array[] {
  return tf.tidy(() => {
    const y = apply(inputs[0]!, inputs[1]!, inputs[2]!);
    const grads = tf.grads((...all) => tf.sum(tf.mul(apply(all[0]!, all[1]!, all[2]!), weight)))(inputs);
    return [y, ...grads].map((tensor) => tensor.dataSync().slice() as Float32Array);
  });
}

describe.each(backends)('csrLinear on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test('output and all gradients are those of the dense masked product, to 1e-5 of the sum of the products’ sizes', () => {
    shapes.forEach(([rows, columns, batch, density], index) => {
      const { pointers, indices, values } = sparseMatrix(rows, columns, density, index + 1);
      const activation = activations[index % activations.length]!;
      const pattern = csrPattern(rows, columns, pointers, indices);
      const inputs = [
        tf.tensor(floats(batch * columns, 1, { scale: 1 }), [batch, columns]),
        tf.tensor1d(values),
        tf.tensor1d(floats(rows, 2, { scale: 1 })),
      ];
      const weight = tf.tensor(floats(batch * rows, 3, { scale: 1 }), [batch, rows]);
      const sparse = run((x, v, b) => csrLinear(x, v, pattern, b, { activation }), inputs, weight);
      const dense = run((x, v, b) => csrLinearDense(x, csrToDense(v, pattern), b, activation), inputs, weight);
      const sizes = [columns, rows, batch, batch];
      sparse.forEach((given, i) =>
        expect(given, `${rows}x${columns} ${activation} ${i}`).toBeAllclose(dense[i]!, {
          rtol: 1e-5,
          atol: 1e-5 * Math.sqrt(sizes[i]!) * 2,
        }),
      );
      tf.dispose([...inputs, weight]);
      pattern.dispose();
    });
  });

  test('any leading axes; values beyond the non-zeros are not used and get a gradient of 0; nothing leaks', () => {
    const { pointers, indices, values } = sparseMatrix(6, 5, 0.5, 9);
    const pattern = csrPattern(6, 5, pointers, indices);
    const more = tf.tensor1d([...values, 99, NaN]);
    const exact = tf.tensor1d(values);
    const x = tf.randomNormal([2, 3, 5]);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const y = csrLinear(x, more, pattern);
      expect(y.shape).toEqual([2, 3, 6]);
      expect(y.dataSync()).toEqual(csrLinear(x, exact, pattern).dataSync());
      expect(csrLinear(tf.ones([5]), exact, pattern).shape).toEqual([6]);
      const gradient = tf
        .grad((v) => tf.sum(csrLinear(x, v, pattern)))(more)
        .dataSync();
      expect([...gradient.slice(-2)]).toEqual([0, 0]);
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([more, exact, x]);
    pattern.dispose();
    pattern.dispose();
  });

  test('wrong arguments are refused by name', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
    const [x, values] = [tf.zeros([4, 3]), tf.zeros([3])];
    expect(() => csrLinear(tf.zeros([4, 2]), values, pattern)).toThrow(/x has 2 values along its last axis .* takes 3/);
    expect(() => csrLinear(x, tf.zeros([2]), pattern)).toThrow(/values has 2 elements, but the pattern has 3/);
    expect(() => csrLinear(x, values, pattern, tf.zeros([3]))).toThrow(/bias .* must be \[2\]/);
    expect(() => csrLinear(x, values, pattern, undefined, { activation: 'swish' as ActivationName })).toThrow(/activation is "swish"/);
    expect(() => csrLinear(x, values, {} as never)).toThrow(/pattern is .*csrPattern\(\)/);
    pattern.dispose();
    expect(() => csrLinear(x, values, pattern)).toThrow(/pattern is disposed/);
  });
});

test('on our backend without the sparse kernels an error says how to load them', async () => {
  await enable({ threads: 1 });
  const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
  expect(() => csrLinear(tf.zeros([4, 3]), tf.zeros([3]), pattern)).toThrow(/load\('sparse'\)/);
  await disable();
});

test('a pattern is refused unless its pointers rise from 0 to the count and its columns rise in each row', () => {
  const make = (rows: number, columns: number, pointers: number[], indices: number[]) => () =>
    csrPattern(rows, columns, Int32Array.from(pointers), Int32Array.from(indices));
  expect(make(2, 3, [0, 1], [0])).toThrow(/2 rows need 3/);
  expect(make(1, 3, [0, 2], [0])).toThrow(/from 0 to 2, but must go from 0 to the count of indices, 1/);
  expect(make(2, 3, [0, 2, 1], [0])).toThrow(/pointers\[1\] is 2 after 0/);
  expect(make(3, 3, [0, 1, 0, 2], [0, 1])).toThrow(/pointers\[2\] is 0 after 1/);
  expect(make(1, 3, [0, 1], [3])).toThrow(/indices\[0\] in row 0 is 3, but must be from 0 to 2/);
  expect(make(1, 3, [0, 2], [1, 1])).toThrow(/indices\[1\] in row 0 is 1 after 1/);
  expect(make(1, 3, [0, 2], [2, 1])).toThrow(/must rise/);
  expect(() => csrPattern(1, 2, [0, 0] as never, new Int32Array(0))).toThrow(/pointers is \[0, 0\], but must be an Int32Array/);
  // The property that every checked pattern has as many non-zeros as pointers say, whatever its rows.
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 9 })), { maxLength: 8 }), (rows) => {
      const sorted = rows.map((row) => row.toSorted((a, b) => a - b));
      const pointers = Int32Array.from([0, ...sorted.map((_, i) => sorted.slice(0, i + 1).flat().length)]);
      const pattern = csrPattern(rows.length, 10, pointers, Int32Array.from(sorted.flat()));
      expect(pattern.nonZeros).toBe(rows.flat().length);
      pattern.dispose();
    }),
  );
});

function csrLinearDense(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, activation: ActivationName): tf.Tensor {
  const z = tf.add(tf.matMul(x, weight, false, true), bias);
  const apply: Partial<Record<ActivationName, () => tf.Tensor>> = {
    linear: () => z,
    relu: () => tf.relu(z),
    relu6: () => tf.relu6(z),
    leakyRelu: () => tf.leakyRelu(z, 0.01),
    tanh: () => tf.tanh(z),
    gelu: () => tf.mul(tf.mul(z, 0.5), tf.add(tf.erf(tf.mul(z, Math.SQRT1_2)), 1)),
    sigmoid: () => tf.sigmoid(z),
  };
  return apply[activation]!();
}

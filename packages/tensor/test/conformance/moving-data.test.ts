import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { disable, enable, type Runtime } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let runtime: Runtime;
beforeAll(async () => {
  await tf.setBackend('wasm');
  runtime = await enable();
});
afterAll(disable);

const tensors: Record<string, () => tf.Tensor> = {
  float32: () => tf.tensor([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3e38], [2, 3]),
  int32: () => tf.tensor([1, -2, 2 ** 31 - 1, -(2 ** 31)], [4], 'int32'),
  bool: () => tf.tensor([true, false, true], [3], 'bool'),
  string: () => tf.tensor(['', 'a', 'äß', '漢字 🙂'], [2, 2], 'string'),
  scalar: () => tf.scalar(7),
  empty: () => tf.tensor([], [0, 3]),
};
const copies: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  float32: (x) => tf.neg(tf.neg(x)),
  int32: (x) => tf.bitwiseAnd(x, x),
  bool: (x) => tf.logicalNot(tf.logicalNot(x)),
  string: (x) => tf.clone(x),
  scalar: (x) => tf.add(x, 0),
  empty: (x) => tf.relu(x),
};
const paths = [
  ['x', 'cpu'],
  ['cpu', 'x'],
  ['x', 'wasm'],
  ['wasm', 'x'],
  ['x', 'cpu', 'x'],
  ['x', 'wasm', 'x'],
  ['cpu', 'x', 'wasm', 'cpu', 'x'],
];

describe.each(paths.map((path) => [path.join(' to '), path] as const))('from %s', (_, path) => {
  it.each(Object.keys(tensors))('%s keeps its values', (kind) => {
    const [first, ...rest] = path as [string, ...string[]];
    tf.setBackend(first);
    const x = (tensors[kind] as () => tf.Tensor)();
    const expected = [...x.dataSync()];
    for (const backend of rest) {
      tf.setBackend(backend);
      // tfjs's wasm backend can't copy strings; they move all the same, when they are read.
      if (kind === 'string' && backend === 'wasm') continue;
      const y = (copies[kind] as (x: tf.Tensor) => tf.Tensor)(x);
      expect([...y.dataSync()]).toEqual(expected);
      expect(y.shape).toEqual(x.shape);
      expect(y.dtype).toBe(x.dtype);
      y.dispose();
    }
    expect([...x.dataSync()]).toEqual(expected);
    x.dispose();
  });
});

it('leaves nothing on the backend that the data left', () => {
  tf.setBackend('x');
  const { used } = runtime.memory();
  const dataIds = tf.engine().backend.numDataIds();
  const x = tf.randomNormal([100, 100]);
  expect(runtime.memory().used).toBeGreaterThan(used);
  tf.setBackend('cpu');
  const y = tf.relu(x);
  expect(runtime.memory().used).toBe(used);
  tf.setBackend('x');
  expect(tf.engine().backend.numDataIds()).toBe(dataIds);
  const z = tf.relu(y);
  expect(tf.engine().backend.numDataIds()).toBe(dataIds + 2);
  tf.dispose([x, y, z]);
  expect(tf.engine().backend.numDataIds()).toBe(dataIds);
  expect(runtime.memory().used).toBe(used);
});

it('data that is shared by two tensors moves for both', () => {
  tf.setBackend('x');
  const x = tf.tensor1d([1, 2, 3, 4]);
  const view = tf.reshape(x, [2, 2]);
  tf.setBackend('cpu');
  const sum = tf.add(view, 1);
  tf.setBackend('x');
  x.dispose();
  expect([...tf.mul(view, 2).dataSync()]).toEqual([2, 4, 6, 8]);
  expect([...sum.dataSync()]).toEqual([2, 3, 4, 5]);
  tf.disposeVariables();
  tf.dispose([view, sum]);
});

describe('string tensors', () => {
  it('hold any number of strings', () => {
    tf.setBackend('x');
    const many = Array.from({ length: 200_000 }, (_, i) => `s${i}`);
    const x = tf.tensor1d(many, 'string');
    expect(x.dataSync()).toEqual(many);
    expect((tf.engine().readSync(x.dataId) as unknown as Uint8Array[])[199_999]).toEqual(new TextEncoder().encode('s199999'));
    x.dispose();
  });

  it('can be reshaped and cloned', async () => {
    tf.setBackend('x');
    const x = tf.tensor1d(['a', 'b', 'c', 'd'], 'string');
    const y = tf.clone(tf.reshape(x, [2, 2]));
    x.dispose();
    expect(await y.array()).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    y.dispose();
  });

  it('take nothing of the heap', () => {
    tf.setBackend('x');
    const { used } = runtime.memory();
    const x = tf.tensor1d(['a', 'b'], 'string');
    expect(runtime.memory().used).toBe(used);
    x.dispose();
  });

  it('are refused by kernels for numbers, by an error that says so', () => {
    tf.setBackend('x');
    const x = tf.tensor1d(['a', 'b'], 'string');
    const call = (): unknown => tf.engine().runKernel('Relu', { x });
    expect(call).toThrow(/Kernel 'Relu' of backend 'x' does not take x: string\[2\]/);
    x.dispose();
  });
});

it('a dtype that the backend does not hold is refused by name', () => {
  tf.setBackend('x');
  expect(() => (tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): void }).makeOutput([2], 'float16')).toThrow(
    /float32, int32, bool,? .*string tensors, not float16/,
  );
});

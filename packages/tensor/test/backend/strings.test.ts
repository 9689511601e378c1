import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';

beforeAll(() => enable());
afterAll(disable);

const words = (): Tensor => tf.tensor2d(['a', 'bc', '', 'ü', 'e', 'f'], [2, 3]);

/** Operations whose public functions take numbers only. */
const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: object): Tensor =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);

const operations: Readonly<Record<string, readonly [run: () => Tensor, expected: unknown]>> = {
  'equal, broadcast': [
    () => tf.equal(words(), tf.tensor1d(['a', 'e', ''])),
    [
      [1, 0, 1],
      [0, 1, 0],
    ],
  ],
  notEqual: [
    () => tf.notEqual(words(), words()),
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
  ],
  less: [
    () => tf.less(words(), tf.scalar('b')),
    [
      [1, 0, 1],
      [0, 0, 0],
    ],
  ],
  lessEqual: [
    () => tf.lessEqual(words(), tf.scalar('a')),
    [
      [1, 0, 1],
      [0, 0, 0],
    ],
  ],
  greater: [
    () => tf.greater(words(), tf.scalar('bc')),
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
  ],
  greaterEqual: [
    () => tf.greaterEqual(words(), tf.scalar('bc')),
    [
      [0, 1, 0],
      [1, 1, 1],
    ],
  ],
  fill: [() => tf.fill([2], 'ö', 'string'), ['ö', 'ö']],
  tile: [
    () => tf.tile(words(), [1, 2]),
    [
      ['a', 'bc', '', 'a', 'bc', ''],
      ['ü', 'e', 'f', 'ü', 'e', 'f'],
    ],
  ],
  transpose: [
    () => run('Transpose', { x: words() }, { perm: [1, 0] }),
    [
      ['a', 'ü'],
      ['bc', 'e'],
      ['', 'f'],
    ],
  ],
  gather: [
    () => run('GatherV2', { x: words(), indices: tf.tensor1d([2, 0], 'int32') }, { axis: 1, batchDims: 0 }),
    [
      ['', 'a'],
      ['f', 'ü'],
    ],
  ],
  slice: [() => tf.slice(words(), [1, 0], [1, 2]), [['ü', 'e']]],
  reverse: [
    () => run('Reverse', { x: words() }, { dims: [0] }),
    [
      ['ü', 'e', 'f'],
      ['a', 'bc', ''],
    ],
  ],
  concat: [() => tf.concat([tf.tensor1d(['x']), tf.tensor1d(['y', 'z'])]), ['x', 'y', 'z']],
  reshape: [
    () => tf.reshape(words(), [3, 2]),
    [
      ['a', 'bc'],
      ['', 'ü'],
      ['e', 'f'],
    ],
  ],
  sparseToDense: [() => tf.sparseToDense(tf.tensor1d([2, 0], 'int32'), tf.tensor1d(['x', 'y']), [3], '-'), ['y', '-', 'x']],
  staticRegexReplace: [() => tf.string.staticRegexReplace(tf.tensor1d(['aab', 'b']), 'a', 'x'), ['xxb', 'b']],
};

test.for(Object.keys(operations))('strings, %s', async (name) => {
  const [make, expected] = operations[name] as readonly [() => Tensor, unknown];
  const { numTensors } = tf.memory();
  const dataIds = tf.engine().backend.numDataIds();
  const result = tf.tidy(make);
  expect(await result.array()).toEqual(expected);
  result.dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(tf.engine().backend.numDataIds()).toBe(dataIds);
});

test('an index that is out of bounds leaves nothing behind', () => {
  tf.tidy(() => {
    const [x, at] = [words(), tf.tensor1d([7], 'int32')];
    const dataIds = tf.engine().backend.numDataIds();
    expect(() => run('GatherV2', { x, indices: at }, { axis: 1, batchDims: 0 })).toThrow(/7/);
    expect(tf.engine().backend.numDataIds()).toBe(dataIds);
  });
});

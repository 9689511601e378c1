/**
 * Results that tfjs's own WASM backend gets wrong and backend x gets right. Each case runs on both: when tfjs mends one,
 * its test says so, and the case can go.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { disable, enable } from '@x/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Heap {
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

/** As an optimizer would that updates weights where they lie. */
function writeInPlace(tensor: tf.Tensor, value: number): void {
  (tf.backend() as unknown as Heap).typedArrayFromHeap(tensor).fill(value);
}

const ones = (...shape: number[]): tf.Tensor => tf.fill(shape, 1);

interface Case {
  readonly name: string;
  readonly run: () => tf.Tensor | tf.Tensor[];
  readonly expected: readonly number[];
  /** Whether it writes into the heap of a WASM backend. */
  readonly inPlace?: boolean;
  /** What tfjs's backend gives, if that is the same each time. */
  readonly wrong?: readonly number[];
}

const cases: readonly Case[] = [
  {
    name: 'fused matMul with transposeB adds the bias once, not once per 48 of the inner size',
    run: () => tf.fused.matMul({ a: ones(1, 100) as tf.Tensor2D, b: ones(2, 100) as tf.Tensor2D, transposeB: true, bias: ones(2) }),
    expected: [101, 101],
    wrong: [103, 103],
  },
  {
    name: 'the same in a batch',
    run: () =>
      tf.fused.matMul({
        a: ones(2, 1, 100) as unknown as tf.Tensor2D,
        b: ones(2, 1, 100) as unknown as tf.Tensor2D,
        transposeB: true,
        bias: ones(1),
      }),
    expected: [101, 101],
    wrong: [103, 103],
  },
  {
    name: 'fused matMul with transposeB clamps the sum, not the sum of each 48',
    // 48 times -1, then 104 times 1.
    run: () => {
      const a = tf.concat([tf.fill([1, 48], -1), tf.fill([1, 104], 1)], 1) as tf.Tensor2D;
      return tf.fused.matMul({ a, b: ones(1, 152) as tf.Tensor2D, transposeB: true, activation: 'relu' });
    },
    expected: [56],
    wrong: [104],
  },
  {
    name: 'fused matMul with transposeB clamps at 6 the sum, not the sum of each 48',
    run: () => {
      const a = tf.concat([tf.fill([1, 48], 1), tf.fill([1, 44], -1)], 1) as tf.Tensor2D;
      return tf.fused.matMul({ a, b: ones(1, 92) as tf.Tensor2D, transposeB: true, activation: 'relu6' });
    },
    expected: [4],
    wrong: [0],
  },
  {
    name: 'a product by the same values in another shape is not by the old shape',
    run: () => {
      const w = tf.tensor1d([1, 2, 3, 4, 5, 6]);
      const first = tf.matMul(ones(1, 2), tf.reshape(w, [2, 3]));
      const second = tf.matMul(ones(1, 3), tf.reshape(w, [3, 2]));
      return [first, second];
    },
    expected: [5, 7, 9, 9, 12],
  },
  {
    name: 'a product sees values written into the weights in place',
    run: () => {
      const w = ones(4, 1);
      const before = tf.matMul(ones(1, 4), w);
      writeInPlace(w, 10);
      return [before, tf.matMul(ones(1, 4), w)];
    },
    expected: [4, 40],
    wrong: [4, 4],
    inPlace: true,
  },
  {
    name: 'the gradient of conv3d reaches every frame',
    run: () => tf.grad((x: tf.Tensor) => tf.conv3d(x as tf.Tensor5D, ones(2, 1, 1, 1, 1) as tf.Tensor5D, 1, 'valid'))(ones(1, 8, 1, 1, 1)),
    expected: [1, 2, 2, 2, 2, 2, 2, 1],
  },
  {
    name: 'gather in batches takes the indices of its batch',
    run: () =>
      tf.gather(
        tf.tensor2d([
          [0, 1],
          [2, 3],
          [4, 5],
          [6, 7],
        ]),
        tf.tensor2d([[0], [1], [0], [1]], [4, 1], 'int32'),
        1,
        1,
      ),
    expected: [0, 3, 4, 7],
  },
  {
    name: 'clipByValue keeps NaN',
    run: () => tf.clipByValue([Number.NaN, 7], -1, 5),
    expected: [Number.NaN, 5],
    wrong: [-1, 5],
  },
  {
    name: 'a number is true unless it is zero, also if its last byte is not',
    run: () => [tf.cast(tf.tensor1d([0, 3, 256], 'int32'), 'bool')],
    expected: [0, 1, 1],
    wrong: [0, 3, 0],
  },
];

const onBackend = (backend: string, run: Case['run']): number[] => {
  tf.setBackend(backend);
  return tf.tidy(() => [run()].flat().flatMap((tensor) => [...tensor.dataSync()]));
};

beforeAll(async () => {
  await tf.setBackend('wasm');
  await tf.ready();
  await enable();
});
afterAll(disable);

describe.each(cases)('$name', ({ run, expected, wrong, inPlace = false }) => {
  it('on backend x', () => {
    expect(onBackend('x', run)).toEqual(expected);
  });

  it.skipIf(inPlace)("on tfjs's cpu backend", () => {
    expect(onBackend('cpu', run)).toEqual(expected);
  });

  it("not on tfjs's wasm backend, still", () => {
    let given: unknown;
    try {
      given = onBackend('wasm', run);
    } catch (error) {
      given = error; // it may also read beyond its memory
    }
    if (wrong) expect(given).toEqual(wrong);
    else expect(given).not.toEqual(expected);
  });
});

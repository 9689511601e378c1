import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { random, type Key, type Layer, type OptimizerState } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/**
 * Bad input to public functions: each must be refused by an error that names the argument, what it was and what it
 * must be, before anything changes, and no tensor may be left behind.
 */
export const key: Key = random.key(0);
export const net: Layer = {
  kind: 'identity',
  variables: {},
  apply: (x: tf.Tensor) => tf.clone(x),
  outputShape: (shape: readonly (number | null)[]) => shape,
  dispose: () => {},
};
export const state: OptimizerState = { step: 0, slots: {} };
export const bad = <T>(value: unknown): T => value as T;

/** Tensors to try, by what is right or wrong about them. */
type Given = Readonly<
  Record<
    | 'x'
    | 'w'
    | 'b'
    | 'whole'
    | 'classes'
    | 'scalar'
    | 'short'
    | 'pair'
    | 'flags'
    | 'threes'
    | 'cube'
    | 'heads'
    | 'empty'
    | 'fewer'
    | 'gone',
    tf.Tensor
  >
> & { readonly v: tf.Variable };

/** Function, what is wrong, the call with tensors to try, and what the message must hold. */
export type Row = [name: string, problem: string, call: (t: Given) => unknown, message: RegExp];

function tensors(): Given {
  const gone = tf.zeros([2, 3]);
  gone.dispose();
  return {
    x: tf.zeros([2, 3]),
    w: tf.zeros([3, 4]),
    b: tf.zeros([4]),
    whole: tf.zeros([2, 3], 'int32'),
    classes: tf.zeros([2], 'int32'),
    scalar: tf.scalar(1),
    short: tf.zeros([3]),
    pair: tf.zeros([2]),
    flags: tf.zeros([2], 'bool'),
    threes: tf.zeros([3], 'int32'),
    v: tf.tidy(() => tf.variable(tf.zeros([2]))),
    cube: tf.zeros([2, 3, 4]),
    heads: tf.zeros([1, 2, 3, 4]),
    empty: tf.zeros([0, 3]),
    fewer: tf.zeros([1, 1, 3, 4]),
    gone,
  };
}

/** Runs the rows on tfjs's cpu backend and on ours. */
export function refuses(rows: readonly Row[]): void {
  describe.each(backends.filter((name) => name === 'cpu' || name === 'x wide'))('%s', (backend) => {
    beforeAll(() => useBackend(backend));

    test.each(rows)('%s: %s', async (_name, _problem, call, message) => {
      const given = tensors();
      const before = tf.memory().numTensors;
      let error: unknown;
      try {
        await call(given);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toMatch(message);
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose(Object.values(given).filter((value) => !value.isDisposed));
    });
  });
}

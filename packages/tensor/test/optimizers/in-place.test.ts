import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adagrad, adam, disposeState, rmsprop, sgd } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

describe.each([
  ['sgd', () => sgd({ momentum: 0.9 })],
  ['adam', () => adam()],
  ['rmsprop', () => rmsprop({ centered: true, momentum: 0.9 })],
  ['adagrad', () => adagrad()],
] as const)("%s on backend 'x'", (_, make) => {
  beforeAll(() => useBackend('x wide'));

  test('writes into the values of a parameter and its slots that nobody shares, and into a copy of shared ones', () => {
    const optimizer = make();
    const parameters = tf.tidy(() => ({ w: tf.variable(tf.ones([3])) }));
    const gradients = { w: tf.ones([3]) };
    const state = optimizer.init(parameters);
    const variables = [parameters.w, ...Object.values(state.slots).map(({ w }) => w!)];
    const ids = (): object[] => variables.map(({ dataId }) => dataId);

    const first = ids();
    optimizer.update(parameters, gradients, state);
    expect(ids()).toEqual(first);
    expect(ids().every((id, index) => id === first[index])).toBe(true);

    const views = variables.map((variable) => tf.clone(variable));
    optimizer.update(parameters, gradients, state);
    expect(ids().some((id, index) => id === first[index])).toBe(false);

    const copied = ids();
    tf.dispose(views);
    optimizer.update(parameters, gradients, state);
    expect(ids().every((id, index) => id === copied[index])).toBe(true);
    disposeState(state);
    tf.dispose([parameters, gradients]);
  });

  test('takes a parameter over that was made on another backend', async () => {
    await tf.setBackend('cpu');
    const parameters = tf.tidy(() => ({ w: tf.variable(tf.tensor1d([1, 2])) }));
    await tf.setBackend('x');
    const optimizer = make();
    const state = optimizer.init(parameters);
    tf.tidy(() => optimizer.update(parameters, { w: tf.ones([2]) }, state));
    const [a, b] = parameters.w.dataSync();
    expect(a).toBeLessThan(1);
    expect(b! - a!).toBeCloseTo(1, 6);
    disposeState(state);
    tf.dispose(parameters);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, expect, test } from 'vitest';
import { activationLayer, dense, dropout, initializers, random, sequential, type ApplyContext, type Layer } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

beforeAll(() => useBackend('x wide'));
const key = random.key(1);

test('dense begins as its initializers say', () => {
  const layer = dense(3, 2, { key, init: initializers.constant(2), biasInit: initializers.ones() });
  tf.tidy(() => {
    expect(layer.apply(tf.ones([1, 3]))).toBeAllclose([[7, 7]]);
  });
  layer.dispose();
});

test('an initializer that gives another shape is refused, and nothing leaks', () => {
  expectNoLeak(() => {
    expect(() => dense(3, 2, { key, init: () => tf.zeros([2, 3]) })).toThrow(
      'the result of init is float32[2, 3], but its shape must be [3, 2]',
    );
    expect(() => dense(3, 2, { key, biasInit: () => tf.zeros([3]) })).toThrow('the result of biasInit');
  });
});

test('dropout drops its part in training, keeps the mean, and does nothing else', () => {
  tf.tidy(() => {
    const layer = dropout(0.25);
    const x = tf.ones([200, 200]);
    const y = layer.apply(x, { training: true, key }).dataSync();
    const dropped = y.filter((value) => value === 0).length / y.length;
    // One standard deviation is 0.0022.
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.009);
    expect(new Set(y)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(layer.apply(x)).toBeAllclose(x.dataSync());
    expect(() => layer.apply(x, { training: true })).toThrow('dropout: in training the context needs a key');
  });
});

test('the parts of sequential draw different random numbers', () => {
  tf.tidy(() => {
    const net = sequential([dropout(0.5), dropout(0.5)]);
    const y = net.apply(tf.ones([1000]), { training: true, key }).dataSync();
    // Alike masks would keep half.
    expect(y.filter((value) => value > 0).length).toBeLessThan(350);
  });
});

test('sequential passes the context on, and its variables are those of its parts', () => {
  const seen: ApplyContext[] = [];
  const spy: Layer = {
    kind: 'spy',
    variables: {},
    apply: (x, context = {}) => {
      seen.push(context);
      return tf.clone(x);
    },
    outputShape: (shape) => shape,
    dispose: () => {},
  };
  const inner = dense(2, 2, { key });
  const net = sequential([spy, inner, activationLayer('relu')]);
  tf.tidy(() => net.apply(tf.ones([1, 2]), { training: true }));
  expect(seen).toEqual([{ training: true }]);
  expect(net.variables['1.weight']).toBe(inner.variables.weight);
  net.dispose();
  expect(inner.variables.weight.isDisposed).toBe(true);
});

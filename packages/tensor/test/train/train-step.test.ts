import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { dense, disposeState, meanSquaredError, random, sequential, sgd, trainable, trainStep, type Layer } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const [first, second] = random.split(random.key(4), 2);
const makeNet = (): Layer => sequential([dense(3, 5, { key: first, activation: 'relu' }), dense(5, 2, { key: second })]);
const batch = (): { x: tf.Tensor; y: tf.Tensor } => ({
  x: random.normal(random.key(7), [6, 3]),
  y: tf.tensor1d([0, 1, 1, 0, 1, 0], 'int32'),
});
const values = (net: Layer): number[] => Object.values(net.variables).flatMap((variable) => [...variable.dataSync()]);

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('is the loss, and p - rate · gradient for each variable', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const net = makeNet();
        const { x, y } = batch();
        const variables = Object.values(net.variables);
        const before = variables.map((variable) => variable.dataSync().slice());
        const measure = (): tf.Scalar => tf.losses.softmaxCrossEntropy(tf.oneHot(y, 2), net.apply(x));
        const { value, grads } = tf.variableGrads(measure, variables);
        const optimizer = sgd({ learningRate: 0.5 });
        const state = optimizer.init(trainable(net));
        expect(trainStep(net, { x, y }, { optimizer, state })).toBeAllclose(value, { rtol: 1e-6 });
        variables.forEach((variable, index) => {
          const expected = [...grads[variable.name]!.dataSync()].map((gradient, at) => before[index]![at]! - 0.5 * gradient);
          expect([...variable.dataSync()]).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-6 });
        });
        net.dispose();
        disposeState(state);
      }),
    );
  });

  test('leaves one tensor, the loss', () => {
    const net = makeNet();
    const { x, y } = batch();
    const optimizer = sgd({ momentum: 0.9 });
    const state = optimizer.init(trainable(net));
    const seen: number[][] = [];
    for (let step = 0; step < 3; step++)
      expectNoLeak(() => trainStep(net, { x, y }, { optimizer, state, observe: (output) => seen.push(output.shape) }), {
        keeps: 1,
      }).dispose();
    expect(seen).toEqual([
      [6, 2],
      [6, 2],
      [6, 2],
    ]);
    tf.dispose([x, y]);
    net.dispose();
    disposeState(state);
  });

  test('what a layer adds to the loss counts, in the loss and in the gradients', () => {
    expectNoLeak(() => {
      const inner = dense(3, 2, { key: first, bias: false });
      const net: Layer = sequential([
        {
          ...inner,
          apply: (x, context) => {
            // As a careful layer does: its own tensors are tidied up.
            tf.tidy(() => context?.addLoss?.(tf.mul(tf.sum(tf.square(inner.variables.weight)), 0.5)));
            return inner.apply(x, context);
          },
        },
      ]);
      const x = tf.zeros([4, 3]);
      const y = tf.zeros([4, 2]);
      const optimizer = sgd({ learningRate: 0.1 });
      const state = optimizer.init(trainable(net));
      const before = [...inner.variables.weight.dataSync()];
      const loss = trainStep(net, { x, y }, { optimizer, state, loss: meanSquaredError });
      expect(loss).toBeAllclose(0.5 * before.reduce((sum, value) => sum + value * value, 0), { rtol: 1e-6 });
      // The gradient of half the square is the weight itself.
      expect([...inner.variables.weight.dataSync()]).toBeAllclose(
        before.map((value) => value * 0.9),
        { rtol: 1e-6 },
      );
      tf.dispose([x, y, loss]);
      net.dispose();
      disposeState(state);
    });
  });

  test('variables that are not trainable stay, and one that is shared is changed once', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const shared = tf.variable(tf.scalar(3));
        const fixed = tf.variable(tf.scalar(2), false);
        const part: Layer = {
          kind: 'scale',
          variables: { scale: shared, fixed },
          apply: (x) => tf.mul(tf.mul(x, shared), fixed),
          outputShape: (shape) => shape,
          dispose: () => tf.dispose([shared, fixed]),
        };
        const net = sequential([part, part]);
        expect(Object.keys(trainable(net))).toEqual(['0.scale']);
        const optimizer = sgd({ learningRate: 0.001 });
        const state = optimizer.init(trainable(net));
        // d/ds of (4 s²)² at 3 is 64 s³ = 1728.
        trainStep(net, { x: tf.ones([1, 1]), y: tf.zeros([1, 1]) }, { optimizer, state, loss: meanSquaredError });
        expect(shared.dataSync()[0]).toBeCloseTo(3 - 1.728, 5);
        expect(fixed.dataSync()[0]).toBe(2);
        net.dispose();
      }),
    );
  });

  test('a step that fails on its way changes nothing and leaks nothing', () => {
    expectNoLeak(() => {
      const net = makeNet();
      const { x, y } = batch();
      const optimizer = sgd();
      const state = optimizer.init(trainable(net));
      const before = values(net);
      const wide = tf.zeros([6, 4]);
      const refuse = (options: object, message: string | RegExp, given = { x, y }): void =>
        expect(() => trainStep(net, given, { optimizer, state, ...options })).toThrow(message);
      refuse({}, 'linear: x has 4 values along its last axis', { x: wide, y });
      refuse({ loss: (output: tf.Tensor) => tf.mean(output, 1) }, 'the result of loss is float32[6], but its shape must be []');
      refuse(
        {
          loss: () => {
            throw new Error('a loss that fails');
          },
        },
        'a loss that fails',
      );
      refuse({ state: { step: -1, slots: {} } }, 'state');
      expect(values(net)).toEqual(before);
      tf.dispose([x, y, wide]);
      net.dispose();
      disposeState(state);
    });
  });
});

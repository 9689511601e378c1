import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accumulate,
  adamw,
  addWeightDecay,
  averageWeights,
  chain,
  clipByNorm,
  clipByValue,
  dense,
  disposeState,
  lookahead,
  meanSquaredError,
  random,
  scale,
  sgd,
  swapValues,
  trace,
  trainable,
  trainStep,
  type GradientTransform,
  type NamedVariables,
  type Optimizer,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const parameters = (): { w: tf.Variable; b: tf.Variable } =>
  tf.tidy(() => ({ w: tf.variable(tf.tensor1d([1, -2])), b: tf.variable(tf.scalar(3)) }));
const gradientsOf = (step: number): { w: tf.Tensor; b: tf.Tensor } => ({
  w: random.normal(random.key(step), [2]),
  b: random.normal(random.key(step + 99), []),
});
const read = (variables: NamedVariables): number[] => Object.values(variables).flatMap((variable) => [...variable.dataSync()]);

/** The parameters after some updates. */
function after(optimizer: Optimizer, steps: number): number[] {
  const variables = parameters();
  const state = optimizer.init(variables);
  for (let step = 0; step < steps; step++) tf.tidy(() => optimizer.update(variables, gradientsOf(step), state));
  const values = read(variables);
  disposeState(state);
  tf.dispose(variables);
  return values;
}

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each<[string, GradientTransform, number[], number[]]>([
    ['clipByValue', clipByValue(2), [2, -1, NaN], [-2]],
    ['clipByNorm', clipByNorm(5), [3, -1, NaN], [-5]],
    ['scale', scale((step) => step - 1), [6, -2, NaN], [-14]],
    ['addWeightDecay', addWeightDecay(0.5, { of: (name) => name === 'b' }), [3, -1, NaN], [-6]],
  ])('%s of numbers worked out by hand', (name, transform, w, b) => {
    expectNoLeak(() => {
      const variables = tf.tidy(() => ({ w: tf.variable(tf.ones([3])), b: tf.variable(tf.tensor1d([2])) }));
      const gradients = { w: tf.tensor1d([3, -1, name === 'clipByNorm' ? 0 : NaN]), b: tf.tensor1d([-7]) };
      tf.tidy(() => {
        const result = transform.transform(gradients, { step: 3, slots: {} }, variables);
        expect(result['w']).toBeAllclose(name === 'clipByNorm' ? [3, -1, 0] : w, { equalNaN: true });
        expect(result['b']).toBeAllclose(b);
      });
      tf.dispose([variables, gradients]);
    });
  });

  test.each<[string, Optimizer, Optimizer]>([
    ['trace before sgd is momentum', chain(trace(0.9), sgd({ learningRate: 0.1 })), sgd({ learningRate: 0.1, momentum: 0.9 })],
    [
      'a nesterov trace is nesterov momentum',
      chain(trace(0.9, { nesterov: true }), sgd({ learningRate: 0.1 })),
      sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    ],
    [
      'addWeightDecay is the decay of sgd',
      chain(addWeightDecay(0.2), trace(0.5), sgd({ learningRate: 0.1 })),
      sgd({ learningRate: 0.1, momentum: 0.5, weightDecay: 0.2 }),
    ],
    ['scale of the gradient is a scale of the rate', chain(scale(3), sgd({ learningRate: 0.1 })), sgd({ learningRate: 0.3 })],
    ['accumulate of 1 step', accumulate(adamw(), 1), adamw()],
    ['lookahead at full rate', lookahead(adamw(), { rate: 1 }), adamw()],
    ['averageWeights beside', averageWeights(adamw()), adamw()],
  ])('%s, within 1e-6', (_, one, other) => {
    expect(after(one, 7)).toBeAllclose(after(other, 7), { rtol: 1e-6, atol: 1e-6 });
  });

  test('accumulating four batches is training on all of them at once, rtol 1e-5', () => {
    expectNoLeak(() => {
      const x = random.normal(random.key(5), [32, 6]);
      const y = random.normal(random.key(6), [32, 3]);
      const run = (optimizer: Optimizer, size: number): number[] => {
        const net = dense(6, 3, { key: random.key(7) });
        const state = optimizer.init(trainable(net));
        for (let pass = 0; pass < 3; pass++)
          for (let begin = 0; begin < 32; begin += size)
            tf.tidy(() => {
              trainStep(
                net,
                { x: tf.slice(x, [begin, 0], [size, 6]), y: tf.slice(y, [begin, 0], [size, 3]) },
                { optimizer, state, loss: meanSquaredError },
              );
            });
        const values = read(net.variables);
        disposeState(state);
        net.dispose();
        return values;
      };
      const sequence = (step: number): number => 0.1 / (step + 1);
      // Momentum rather than Adam, which divides rounding errors by themselves.
      const inner = (): Optimizer => sgd({ learningRate: sequence, momentum: 0.9 });
      expect(run(accumulate(inner(), 4), 8)).toBeAllclose(run(inner(), 32), { rtol: 1e-5, atol: 1e-6 });
      tf.dispose([x, y]);
    });
  });

  test('lookahead goes half of the way, worked out by hand', () => {
    const optimizer = lookahead(sgd({ learningRate: 1 }), { every: 2, rate: 0.5 });
    const variables = tf.tidy(() => ({ w: tf.variable(tf.scalar(8)) }));
    const state = optimizer.init(variables);
    const seen = [1, 3, 1, 1].map((gradient) => {
      tf.tidy(() => optimizer.update(variables, { w: tf.scalar(gradient) }, state));
      return variables.w.dataSync()[0];
    });
    // 8 -> 7 -> 4, back to 6; 5 -> 4, back to 5.
    expect(seen).toEqual([7, 6, 5, 5]);
    disposeState(state);
    tf.dispose(variables);
  });

  test('the average of the weights, by a decay and as a plain mean, and swapped in and out', () => {
    const run = (decay: number | ((step: number) => number)): [average: number, weight: number] => {
      const optimizer = averageWeights(sgd({ learningRate: 1 }), { decay });
      const variables = tf.tidy(() => ({ w: tf.variable(tf.scalar(8)) }));
      const state = optimizer.init(variables);
      for (const gradient of [4, 2]) tf.tidy(() => optimizer.update(variables, { w: tf.scalar(gradient) }, state));
      swapValues(variables, state.slots['average']!);
      const result: [number, number] = [variables.w.dataSync()[0]!, state.slots['average']!['w']!.dataSync()[0]!];
      disposeState(state);
      tf.dispose(variables);
      return result;
    };
    expect(run(0.5)).toEqual([4, 2]);
    expect(run((step) => step / (step + 1))).toEqual([3, 2]);
  });
});

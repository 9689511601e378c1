import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accumulate,
  adagrad,
  adam,
  adamw,
  addWeightDecay,
  averageWeights,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  decodeSafetensors,
  disposeState,
  encodeSafetensors,
  lookahead,
  random,
  rmsprop,
  scale,
  schedules,
  sgd,
  trace,
  type NamedVariables,
  type Optimizer,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/** An optimizer joins by one line: how to make it, its slots, and in how many steps it updates once. */
const rows: { name: string; make: () => Optimizer; slots: string[]; every?: number }[] = [
  { name: 'sgd', make: () => sgd({ learningRate: 0.05 }), slots: [] },
  { name: 'sgd, momentum', make: () => sgd({ learningRate: 0.02, momentum: 0.8 }), slots: ['momentum'] },
  {
    name: 'sgd, nesterov, decay',
    make: () => sgd({ learningRate: 0.02, momentum: 0.8, nesterov: true, weightDecay: 1e-4 }),
    slots: ['momentum'],
  },
  { name: 'adam', make: () => adam({ learningRate: 0.05 }), slots: ['mean', 'square'] },
  { name: 'adamw', make: () => adamw({ learningRate: 0.05, weightDecay: 1e-3 }), slots: ['mean', 'square'] },
  { name: 'adam, schedule', make: () => adam({ learningRate: (step) => 0.1 * 0.99 ** step }), slots: ['mean', 'square'] },
  {
    name: 'chain of a clip and sgd',
    make: () => chain(clipByGlobalNorm(10), sgd({ learningRate: 0.05, momentum: 0.5 })),
    slots: ['1.momentum'],
  },
  { name: 'rmsprop', make: () => rmsprop({ learningRate: schedules.cosine(0.1, 200) }), slots: ['square'] },
  {
    name: 'rmsprop, centered, momentum, decay',
    make: () => rmsprop({ learningRate: schedules.exponential(0.1, 0.98), centered: true, momentum: 0.5, weightDecay: 1e-4 }),
    slots: ['square', 'mean', 'momentum'],
  },
  { name: 'adagrad', make: () => adagrad({ learningRate: 0.5, weightDecay: 1e-4 }), slots: ['sum'] },
  {
    name: 'chain of all transforms',
    make: () =>
      chain(
        clipByValue(5),
        clipByNorm(6),
        addWeightDecay(1e-4),
        scale(schedules.linear(1, 0.5, 100)),
        trace(0.5),
        sgd({ learningRate: 0.05 }),
      ),
    slots: ['4.trace'],
  },
  { name: 'chain of a nesterov trace', make: () => chain(trace(0.5, { nesterov: true }), sgd({ learningRate: 0.05 })), slots: ['0.trace'] },
  { name: 'accumulate', make: () => accumulate(adam({ learningRate: 0.1 }), 2), slots: ['sum', 'inner.mean', 'inner.square'], every: 2 },
  {
    name: 'accumulate a chain',
    make: () => accumulate(chain(trace(0.5), sgd({ learningRate: 0.1 })), 3),
    slots: ['sum', 'inner.0.trace'],
    every: 3,
  },
  { name: 'lookahead', make: () => lookahead(sgd({ learningRate: 0.1, momentum: 0.5 }), { every: 2 }), slots: ['slow', 'inner.momentum'] },
  { name: 'averageWeights', make: () => averageWeights(sgd({ learningRate: 0.1 }), { decay: 0.9 }), slots: ['average'] },
];

const parameters = (): { weight: tf.Variable; bias: tf.Variable } =>
  tf.tidy(() => ({ weight: tf.variable(random.normal(random.key(1), [3, 4])), bias: tf.variable(tf.ones([4])) }));
const read = (variables: NamedVariables): number[] => Object.values(variables).flatMap((variable) => [...variable.dataSync()]);
const exactly = { rtol: 0, atol: 0 };

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(rows)('$name', ({ make, slots, every = 1 }) => {
    const gradientsOf = (step: number): { weight: tf.Tensor; bias: tf.Tensor } => ({
      weight: random.normal(random.key(100 + step), [3, 4]),
      bias: random.normal(random.key(200 + step), [4]),
    });

    test('finds the least of a quadratic', () => {
      const optimizer = make();
      const variables = parameters();
      const state = optimizer.init(variables);
      const target = random.normal(random.key(2), [3, 4]);
      const loss = (): number => tf.tidy(() => tf.sum(tf.squaredDifference(variables.weight, target)).dataSync()[0]!);
      const before = loss();
      for (let step = 0; step < 200; step++)
        tf.tidy(() => optimizer.update(variables, { weight: tf.mul(tf.sub(variables.weight, target), 2) }, state));
      expect(loss()).toBeLessThan(before / 1000);
      disposeState(state);
      tf.dispose([variables, target]);
    });

    test('has its state in the open: slots named and shaped, and the step', () => {
      const optimizer = make();
      const variables = parameters();
      const state = optimizer.init(variables);
      expect(Object.keys(state.slots)).toEqual(slots);
      for (const slot of Object.values(state.slots)) {
        expect(Object.entries(slot).map(([name, { shape, trainable }]) => [name, shape, trainable])).toEqual([
          ['weight', [3, 4], false],
          ['bias', [4], false],
        ]);
      }
      expect(state.step).toBe(0);
      tf.tidy(() => optimizer.update(variables, gradientsOf(0), state));
      expect(state.step).toBe(1);
      disposeState(state);
      tf.dispose(variables);
    });

    test('holds nothing itself: two networks in turn train as each alone, and a state copied after three steps goes on alike', () => {
      const optimizer = make();
      const [one, other, alone] = [parameters(), parameters(), parameters()];
      const [ofOne, ofOther, ofAlone] = [optimizer.init(one), optimizer.init(other), make().init(alone)];
      for (let step = 0; step < 3; step++)
        tf.tidy(() => {
          optimizer.update(one, gradientsOf(step), ofOne);
          optimizer.update(other, gradientsOf(step + 50), ofOther);
          make().update(alone, gradientsOf(step), ofAlone);
        });
      expect(read(one)).toEqual(read(alone));
      const copy = parameters();
      const ofCopy = make().init(copy);
      ofCopy.step = ofOne.step;
      tf.tidy(() => {
        for (const name of ['weight', 'bias'] as const) {
          copy[name].assign(tf.mul(one[name], 1));
          for (const slot of slots) ofCopy.slots[slot]![name]!.assign(tf.mul(ofOne.slots[slot]![name]!, 1));
        }
        optimizer.update(one, gradientsOf(9), ofOne);
        optimizer.update(copy, gradientsOf(9), ofCopy);
      });
      expect(read(copy)).toEqual(read(one));
      [ofOne, ofOther, ofAlone, ofCopy].forEach(disposeState);
      tf.dispose([one, other, alone, copy]);
    });

    test('what was made of a parameter or a slot before keeps its values', () => {
      const optimizer = make();
      const variables = parameters();
      const state = optimizer.init(variables);
      tf.tidy(() => optimizer.update(variables, gradientsOf(0), state));
      const held = [variables.weight, ...Object.values(state.slots).map(({ weight }) => weight!)].flatMap((variable) => {
        const values = variable.dataSync().slice();
        return [
          { view: tf.clone(variable), values },
          { view: tf.reshape(variable, [12]), values },
        ];
      });
      const before = variables.weight.dataSync().slice();
      for (let step = 1; step <= every; step++) tf.tidy(() => optimizer.update(variables, gradientsOf(step), state));
      for (const { view, values } of held) expect([...view.dataSync()]).toEqual([...values]);
      expect(variables.weight.dataSync()).not.toEqual(before);
      tf.dispose(held.map(({ view }) => view));
      disposeState(state);
      tf.dispose(variables);
    });

    test('a state that was saved to a file goes on from it bit for bit', async () => {
      const parts = (variables: NamedVariables, state: { slots: Readonly<Record<string, NamedVariables>> }): Record<string, tf.Variable> =>
        Object.fromEntries(
          Object.entries({ ...state.slots, parameters: variables }).flatMap(([slot, own]) =>
            Object.entries(own).map(([name, variable]) => [`${slot}/${name}`, variable]),
          ),
        );
      const [one, other] = [parameters(), parameters()];
      const ofOne = make().init(one);
      for (let step = 0; step < 4; step++) tf.tidy(() => make().update(one, gradientsOf(step), ofOne));
      const bytes = await encodeSafetensors(parts(one, ofOne));
      const ofOther = make().init(other);
      const { tensors } = decodeSafetensors(bytes);
      for (const [name, variable] of Object.entries(parts(other, ofOther))) variable.assign(tensors[name]!);
      ofOther.step = ofOne.step;
      tf.dispose(tensors);
      for (let step = 4; step < 9; step++)
        tf.tidy(() => {
          make().update(one, gradientsOf(step), ofOne);
          make().update(other, gradientsOf(step), ofOther);
        });
      expect(read(parts(other, ofOther))).toEqual(read(parts(one, ofOne)));
      [ofOne, ofOther].forEach(disposeState);
      tf.dispose([one, other]);
    });

    test('sharing changes no number', () => {
      const run = (share: boolean): number[] => {
        const optimizer = make();
        const variables = parameters();
        const state = optimizer.init(variables);
        const views: tf.Tensor[] = [];
        for (let step = 0; step < 3; step++) {
          if (share) views.push(tf.clone(variables.weight), ...Object.values(state.slots).map(({ bias }) => tf.clone(bias!)));
          tf.tidy(() => optimizer.update(variables, gradientsOf(step), state));
        }
        const values = read(variables);
        disposeState(state);
        tf.dispose([variables, views]);
        return values;
      };
      expect(run(true)).toEqual(run(false));
    });

    test('a parameter without a gradient stays, and the gradients stay as they are', () => {
      const optimizer = make();
      const variables = parameters();
      const state = optimizer.init(variables);
      const gradients = gradientsOf(0);
      const before = gradients.weight.dataSync().slice();
      optimizer.update(variables, { weight: gradients.weight }, state);
      expect(variables.bias).toBeAllclose([1, 1, 1, 1], exactly);
      expect(gradients.weight).toBeAllclose(before, exactly);
      tf.dispose([gradients, variables]);
      disposeState(state);
    });

    test('leaks nothing', () => {
      expectNoLeak(() => {
        const optimizer = make();
        const variables = parameters();
        const state = optimizer.init(variables);
        const gradients = gradientsOf(0);
        expectNoLeak(() => {
          for (let step = 0; step < 3; step++) optimizer.update(variables, gradients, state);
        });
        tf.dispose([gradients, variables]);
        disposeState(state);
        disposeState(state);
      });
    });

    test('refuses gradients and states that belong to others, before it changes anything', () => {
      expectNoLeak(() => {
        const optimizer = make();
        const variables = parameters();
        const state = optimizer.init(variables);
        const before = read(variables);
        const right = gradientsOf(0);
        const [wrong, whole, gone] = [tf.zeros([4, 3]), tf.zeros([4], 'int32'), tf.zeros([4])];
        gone.dispose();
        const refused = (gradients: Record<string, tf.Tensor>, message: string, using = state): void =>
          expect(() => optimizer.update(variables, gradients, using)).toThrow(message);
        refused({ weight: wrong }, "gradients['weight'] is float32[4, 3], but its shape must be [3, 4]");
        refused({ ...right, bias: whole }, "gradients['bias'] is int32[4], but its dtype must be float32");
        refused({ ...right, bias: gone }, "gradients['bias'] is disposed");
        refused({ ...right, scale: wrong }, "gradients['scale'] belongs to no parameter");
        if (slots.length > 0) refused(right, 'state', { step: 0, slots: {} });
        expect(read(variables)).toEqual(before);
        expect(state.step).toBe(0);
        tf.dispose([right, wrong, whole, variables]);
        disposeState(state);
      });
    });
  });
});

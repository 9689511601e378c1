import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { adam, dense, random, sequential, trainable, trainStep } from '../../src/index.ts';
import { gru, lstm } from '../../src/recurrent.ts';
import { backends, useBackend } from '../backends.ts';

const key = random.key(21);

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([
    ['lstm', () => lstm(3, 4, { key })],
    ['gru', () => gru(3, 4, { key })],
  ] as const)('%s: a sequence in two stretches gives what the whole gives, and the gradients that go through the state', (_, make) => {
    expectNoLeak(() => {
      const layer = make();
      tf.tidy(() => {
        const x = random.normal(random.key(1), [2, 7, 3]);
        const dy = random.normal(random.key(2), [2, 7, 4]);
        const whole = (given: tf.Tensor): tf.Tensor => layer.apply(given);
        const parts = (given: tf.Tensor): tf.Tensor => {
          const [head, tail] = tf.split(given, [3, 4], 1) as [tf.Tensor, tf.Tensor];
          const begun = layer.run(head);
          return tf.concat([begun.output, layer.run(tail, begun.state).output], 1);
        };
        const close = { rtol: 1e-5, atol: 1e-6 };
        expect(parts(x)).toBeAllclose(whole(x), close);
        expect(tf.grad(parts)(x, dy)).toBeAllclose(tf.grad(whole)(x, dy), { rtol: 1e-5, atol: 1e-5 });
        const { output, state } = layer.run(x);
        expect(state.hidden).toBeAllclose(tf.squeeze(tf.slice(output, [0, 6, 0], [2, 1, 4]), [1]), { rtol: 0, atol: 0 });
      });
      layer.dispose();
    });
  });
});

describe('x wide', () => {
  beforeAll(() => useBackend('x wide'));

  test('an LSTM learns what came first, 12 steps before', () => {
    expectNoLeak(() => {
      const net = sequential([lstm(1, 16, { output: 'last', key }), dense(16, 2, { key })]);
      const x = tf.tidy(() => random.normal(random.key(3), [64, 12, 1]));
      const y = tf.tidy(() => tf.cast(tf.greater(tf.reshape(tf.slice(x, [0, 0, 0], [64, 1, 1]), [64]), 0), 'int32'));
      const optimizer = adam({ learningRate: 0.02 });
      const state = optimizer.init(trainable(net));
      const losses = Array.from({ length: 60 }, () => {
        const loss = trainStep(net, { x, y }, { optimizer, state });
        const value = loss.dataSync()[0]!;
        loss.dispose();
        return value;
      });
      expect(losses[0]).toBeGreaterThan(0.5);
      expect(losses.at(-1)).toBeLessThan(0.3);
      tf.dispose([x, y, Object.values(state.slots)]);
      net.dispose();
    });
  });

  test("an LSTM of tfjs's, its weights in ours, gives the same", async () => {
    const model = tfl.sequential();
    model.add(
      tfl.layers.lstm({
        units: 4,
        inputShape: [6, 3],
        returnSequences: true,
        recurrentActivation: 'sigmoid',
        recurrentInitializer: 'glorotNormal',
      }),
    );
    const ours = lstm(3, 4, { key });
    const [weight, recurrent, bias] = model.getWeights() as [tf.Tensor, tf.Tensor, tf.Tensor];
    tf.tidy(() => {
      Object.entries({ weight, recurrent, bias }).forEach(([name, value]) => ours.variables[name as 'weight'].assign(value));
      const x = random.normal(random.key(1), [2, 6, 3]);
      expect(ours.apply(x)).toBeAllclose(model.predict(x) as tf.Tensor, { rtol: 1e-5, atol: 1e-6 });
    });
    ours.dispose();
    model.dispose();
  });

  test.each(['lstm', 'gru', 'simpleRNN'] as const)("tfjs's own %s trains in a LayersModel", async (kind) => {
    const model = tfl.sequential();
    model.add(tfl.layers[kind]({ units: 8, inputShape: [6, 2], recurrentInitializer: 'glorotNormal' }));
    model.add(tfl.layers.dense({ units: 1 }));
    model.compile({ optimizer: tf.train.adam(0.03), loss: 'meanSquaredError' });
    const x = random.normal(random.key(1), [32, 6, 2]);
    const y = tf.tidy(() => tf.mean(x, [1, 2]));
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) losses.push((await model.trainOnBatch(x, y)) as number);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    tf.dispose([x, y]);
    model.dispose();
  });
});

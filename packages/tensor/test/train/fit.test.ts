import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accuracy,
  adam,
  dense,
  disposeState,
  dropout,
  evaluate,
  fit,
  random,
  sequential,
  sgd,
  trainable,
  type Batch,
  type Examples,
  type FitEvent,
  type FitOptions,
  type Layer,
  type StepEvent,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

const [first, second] = random.split(random.key(4), 2);
const makeNet = (): Layer => sequential([dense(2, 16, { key: first, activation: 'tanh' }), dropout(0.05), dense(16, 3, { key: second })]);

/** Three clouds of points on a circle, as bytes. */
function clouds(n: number, seed: number): Examples & { x: Uint8Array; y: Uint8Array } {
  const noise = tf.tidy(() => random.normal(random.key(seed), [n * 2], { std: 12 }).dataSync());
  const y = Uint8Array.from({ length: n }, (_, index) => index % 3);
  const x = Uint8Array.from({ length: n * 2 }, (_, index) => {
    const angle = (y[index >> 1]! * 2 * Math.PI) / 3;
    return 128 + 60 * (index % 2 === 0 ? Math.cos(angle) : Math.sin(angle)) + noise[index]!;
  });
  return { x, y, transform: (raw) => tf.tidy(() => tf.div(tf.sub(raw, 128), 64)) };
}

async function collect(net: Layer, data: Parameters<typeof fit>[1], options: FitOptions): Promise<FitEvent[]> {
  const events: FitEvent[] = [];
  for await (const event of fit(net, data, options)) events.push(event);
  return events;
}

const lossesOf = (events: readonly FitEvent[]): number[] => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('learns, and tells how it goes', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const options = {
        optimizer: adam({ learningRate: 0.02 }),
        epochs: 3,
        batchSize: 32,
        metrics: { accuracy },
        validation: clouds(60, 2),
        seed: 5,
      };
      const events = await collect(net, clouds(200, 1), options);
      expect(events.map(({ type }) => type)).toEqual([1, 2, 3].flatMap(() => [...Array<string>(7).fill('step'), 'epoch']).concat('end'));
      const steps = events.filter((event) => event.type === 'step');
      expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
      expect(steps.every((event) => event.steps === 21 && event.epochs === 3 && event.examplesPerSecond > 0)).toBe(true);
      const epochs = events.filter((event) => event.type === 'epoch');
      expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([
        [1, 7],
        [2, 14],
        [3, 21],
      ]);
      // Means are weighted: the last batch has 8 of 200 examples.
      const weights = [32, 32, 32, 32, 32, 32, 8];
      const ofFirst = steps.slice(0, 7).reduce((sum, event, index) => sum + (event.loss * weights[index]!) / 200, 0);
      expect(epochs[0]!.loss).toBeCloseTo(ofFirst, 5);
      expect(epochs[2]!.loss).toBeLessThan(epochs[0]!.loss / 2);
      expect(epochs[2]!.metrics['accuracy']).toBeGreaterThan(0.9);
      expect(epochs[2]!.validation!.metrics['accuracy']).toBeGreaterThan(0.95);
      expect(epochs[2]!.validation).toEqual(await evaluate(net, clouds(60, 2), { metrics: { accuracy } }));
      expect(events.at(-1)).toMatchObject({ type: 'end', epochs: 3, steps: 21 });
      net.dispose();
    });
  });

  test('the same seed gives the same losses bit for bit, another seed others', async () => {
    const losses = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const net = makeNet();
        const events = await collect(net, clouds(100, 1), { epochs: 2, seed });
        net.dispose();
        return lossesOf(events);
      }),
    );
    expect(losses[0]).toEqual(losses[1]);
    expect(losses[0]).not.toEqual(losses[2]);
  });

  test('arrays and tensors of the same numbers train alike', async () => {
    const data = clouds(50, 1);
    const x = tf.tensor2d(Float32Array.from(data.x), [50, 2]);
    const y = tf.tensor1d(data.y, 'int32');
    const losses = await Promise.all(
      [data, { ...data, x: Float32Array.from(data.x) }, { ...data, x, y }, { ...data, y, shape: [2] }].map(async (each) => {
        const net = makeNet();
        const events = await collect(net, each, { batchSize: 16 });
        net.dispose();
        return lossesOf(events);
      }),
    );
    for (const each of losses) expect(each).toEqual(losses[0]);
    tf.dispose([x, y]);
  });

  test('labels of doubles stay fractions', async () => {
    const net = sequential([dense(2, 1, { key: random.key(0) })]);
    const seen: number[] = [];
    const loss = (output: tf.Tensor, y: tf.Tensor): tf.Tensor => {
      seen.push(...y.dataSync());
      return tf.mean(tf.square(tf.sub(tf.reshape(output, [-1]), y)));
    };
    const y = Float64Array.of(0.5, 1.75, 2.25) as never;
    for await (const event of fit(net, { x: new Float32Array(6), y }, { loss, shuffle: false })) expect(event.epochs).toBe(1);
    expect(seen).toEqual([0.5, 1.75, 2.25]);
    net.dispose();
  });

  test('leaving the loop frees everything, and what was seen stays readable', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const seen: FitEvent[] = [];
      for await (const event of fit(net, clouds(100, 1), { metrics: { accuracy } })) {
        seen.push(event);
        if (seen.length === 2) break;
      }
      expect(lossesOf(seen).every((loss) => loss > 0)).toBe(true);
      net.dispose();
    });
  });

  test('nothing is made before the first event is asked for', () => {
    const net = makeNet();
    expectNoLeak(() => {
      fit(net, clouds(10, 1));
    });
    net.dispose();
  });

  test('an error in a metric ends it, and frees everything', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const metrics = {
        broken: () => {
          throw new Error('a metric that fails');
        },
      };
      await expect(collect(net, clouds(40, 1), { metrics })).rejects.toThrow('a metric that fails');
      await expect(evaluate(net, clouds(40, 1), { metrics })).rejects.toThrow('a metric that fails');
      net.dispose();
    });
  });

  test("a given state is gone on from, and is the caller's", async () => {
    await expectNoLeak(async () => {
      const [whole, parts] = [makeNet(), makeNet()];
      const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
      const [ofWhole, ofParts] = [optimizer.init(trainable(whole)), optimizer.init(trainable(parts))];
      const data = clouds(32, 1);
      await collect(whole, data, { optimizer, state: ofWhole, epochs: 1, shuffle: false });
      expect(ofWhole.step).toBe(1);
      await collect(parts, data, { optimizer, state: ofParts, epochs: 1, shuffle: false });
      expect(Object.values(parts.variables).map((v) => [...v.dataSync()])).toEqual(
        Object.values(whole.variables).map((v) => [...v.dataSync()]),
      );
      for (const state of [ofWhole, ofParts]) disposeState(state);
      whole.dispose();
      parts.dispose();
    });
  });

  test('gone on from the very end of an epoch, it goes on with the next one, and reports no mean of nothing', async () => {
    await expectNoLeak(async () => {
      const optimizer = sgd({ learningRate: 0.1 });
      const data = clouds(40, 1);
      const options = { optimizer, batchSize: 16, epochs: 2, validation: data };
      const [whole, parts] = [makeNet(), makeNet()];
      const [ofWhole, ofParts] = [optimizer.init(trainable(whole)), optimizer.init(trainable(parts))];
      const events = await collect(whole, data, { ...options, state: ofWhole });
      let left: StepEvent | undefined;
      for await (const event of fit(parts, data, { ...options, state: ofParts }))
        if (event.type === 'step' && event.step === 3) {
          left = event;
          break;
        }
      expect(left!.position).toMatchObject({ epoch: 1, batch: 3 });
      const since = await collect(parts, data, { ...options, state: ofParts, from: left!.position });
      const told = (all: readonly FitEvent[]): unknown[] =>
        all.map((event) => (event.type === 'end' ? event.steps : [event.type, event.epoch, event.step, event.loss]));
      // The first epoch's event is the fourth.
      expect(told(since)).toEqual(told(events.slice(4)));
      for (const state of [ofWhole, ofParts]) disposeState(state);
      whole.dispose();
      parts.dispose();
    });
  });
});

describe('data that yield batches', () => {
  beforeAll(() => useBackend('x wide'));
  let open = 0;
  const stream: AsyncIterable<Batch> = {
    async *[Symbol.asyncIterator]() {
      open++;
      try {
        for (let index = 0; index < 4; index++) {
          const batch = { x: random.normal(random.key(index), [5, 2]), y: tf.tensor1d([0, 1, 2, 0, 1], 'int32') };
          try {
            yield batch;
          } finally {
            tf.dispose(batch);
          }
        }
      } finally {
        open--;
      }
    },
  };

  test('are iterated once an epoch, and closed on leaving', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const events = await collect(net, stream, { epochs: 2 });
      expect(events.filter(({ type }) => type === 'step').length).toBe(8);
      expect(events.every((event) => event.type !== 'step' || event.steps === undefined)).toBe(true);
      for await (const event of fit(net, stream)) if (event.type === 'step') break;
      expect(open).toBe(0);
      expect((await evaluate(net, stream)).examples).toBe(20);
      net.dispose();
    });
  });

  test('a generator that is used up is refused in the second epoch', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const once = stream[Symbol.asyncIterator]() as AsyncGenerator<Batch>;
      await expect(collect(net, once, { epochs: 2 })).rejects.toThrow('the data yielded no batch in epoch 2');
      net.dispose();
    });
  });

  test('a batch whose x and y differ in number is refused', async () => {
    await expectNoLeak(async () => {
      const net = makeNet();
      const [x, y] = [tf.zeros([3, 2]), tf.zeros([2], 'int32')];
      await expect(collect(net, [{ x, y }], {})).rejects.toThrow('data.x has 3 examples and data.y 2');
      tf.dispose([x, y]);
      net.dispose();
    });
  });
});

test('long training lets timers run', async () => {
  await useBackend('cpu');
  const net = makeNet();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  // Until they have, and not as long as it takes: a busy machine may not let this process run for a while.
  for await (const event of fit(net, clouds(2000, 1), { epochs: 100, batchSize: 8 })) if (event.type === 'step' && ticks > 2) break;
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
  net.dispose();
});

import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  activationLayer,
  attention,
  batchNormLayer,
  checkpoint,
  checkpointed,
  dense,
  disposeState,
  dropout,
  meanSquaredError,
  random,
  residual,
  revolveCost,
  revolveSchedule,
  sequential,
  sgd,
  trainable,
  trainStep,
  transformerBlock,
  type ApplyContext,
  type Checkpointing,
  type Layer,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/** Steps, snapshots, and the steps done forward that A. Griewank's and A. Walther's formula gives. */
const published = [
  [10, 2, 20],
  [10, 3, 15],
  [20, 3, 45],
  [50, 3, 180],
  [50, 5, 122],
  [100, 5, 316],
  [100, 10, 222],
] as const;

/** Runs a schedule over numbers, failing where it does what it may not; gives the steps done forward and the most states kept. */
function simulate(steps: number, snapshots: number): { forward: number; kept: number } {
  const states = new Set<number>();
  let [present, next, forward, kept] = [0, steps - 1, 0, 0];
  for (const action of revolveSchedule(steps, snapshots)) {
    if (action.type === 'advance') {
      expect(present).toBe(action.from);
      present = action.to;
      forward += action.to - action.from;
    } else if (action.type === 'keep') {
      expect(present).toBe(action.at);
      states.add(action.at);
      kept = Math.max(kept, states.size);
    } else if (action.type === 'restore') {
      expect(states.has(action.at)).toBe(true);
      present = action.at;
    } else if (action.type === 'free') expect(states.delete(action.at)).toBe(true);
    else {
      expect([present, action.at]).toEqual([next, next]);
      next--;
    }
  }
  expect([next, states.size]).toEqual([-1, 0]);
  return { forward, kept };
}

describe('revolve', () => {
  test.each(published)('reverses %d steps with %d snapshots by %d steps forward', (steps, snapshots, cost) => {
    expect(revolveCost(steps, snapshots)).toBe(cost);
    const { forward, kept } = simulate(steps, snapshots);
    expect(forward).toBe(cost);
    expect(kept).toBeLessThanOrEqual(snapshots);
  });

  test('is as cheap as the best of all schedules, found by trying every one, up to 30 steps and 6 snapshots', () => {
    const least = new Map<string, number>();
    const search = (steps: number, snapshots: number): number => {
      if (steps === 1) return 0;
      if (snapshots === 1) return (steps * (steps - 1)) / 2;
      const name = `${steps},${snapshots}`;
      let best = least.get(name) ?? Infinity;
      if (best === Infinity)
        for (let ahead = 1; ahead < steps; ahead++)
          best = Math.min(best, ahead + search(steps - ahead, snapshots - 1) + search(ahead, snapshots));
      least.set(name, best);
      return best;
    };
    for (let steps = 1; steps <= 30; steps++)
      for (let snapshots = 1; snapshots <= 6; snapshots++) {
        expect(revolveCost(steps, snapshots)).toBe(search(steps, snapshots));
        expect(simulate(steps, snapshots).forward).toBe(revolveCost(steps, snapshots));
      }
  });
});

const [first, second, third] = random.split(random.key(2), 3);
const batch = (): { x: tf.Tensor; dy: tf.Tensor } => ({
  x: random.normal(random.key(3), [4, 6, 8]),
  dy: random.normal(random.key(4), [4, 6, 8]),
});

/** The output's and all gradients' numbers, and the running statistics after it. */
function run(net: Layer, context: ApplyContext = {}): number[][] {
  return tf.tidy(() => {
    const { x, dy } = batch();
    const variables = Object.values(net.variables).filter(({ trainable }) => trainable);
    const whole: ApplyContext = { training: true, key: random.key(9), ...context };
    let output: tf.Tensor | undefined;
    const { value, grads } = tf.engine().gradients(
      () => {
        const terms: tf.Tensor[] = [];
        const y = net.apply(x, { ...whole, addLoss: (term) => terms.push(tf.keep(term)) });
        output = tf.keep(tf.clone(y));
        const loss = tf.addN([tf.sum(tf.mul(y, dy)), ...terms]);
        terms.forEach((term) => term.dispose());
        return loss;
      },
      [x, ...variables, ...(context.memory ? [context.memory] : [])],
      undefined,
      true,
    );
    const statistics = Object.values(net.variables).filter(({ trainable }) => !trainable);
    const numbers = [value, output!, ...grads, ...statistics].map((tensor) => [...tensor.dataSync()]);
    output!.dispose();
    return numbers;
  });
}

/** A layer that adds the mean square of what passes to the loss. */
const penalized = (): Layer => ({
  ...activationLayer('tanh'),
  apply: (x, context) => {
    tf.tidy(() => context?.addLoss?.(tf.mean(tf.square(x))));
    return tf.tanh(x);
  },
});

const deep = (checkpointing?: Checkpointing): Layer =>
  sequential(
    [
      dense(8, 8, { key: first, activation: 'gelu' }),
      dropout(0.3),
      batchNormLayer(8),
      penalized(),
      transformerBlock(8, { key: second, heads: 2, causal: true, dropout: 0.2 }),
      residual([dense(8, 8, { key: third, activation: 'relu' }), dropout(0.5)]),
      penalized(),
    ],
    checkpointing ? { checkpoint: checkpointing } : {},
  );

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each<Checkpointing>([
    'sqrt',
    { segments: 1 },
    { segments: 2 },
    { segments: 7 },
    { segments: 20 },
    ...[1, 2, 3, 7].map((snapshots) => ({ snapshots })),
  ])('with %o outputs, gradients, running statistics and terms of the loss are bit for bit those without', (checkpointing) => {
    expectNoLeak(() => {
      const [plain, thrifty] = [deep(), deep(checkpointing)];
      expect(run(thrifty)).toEqual(run(plain));
      plain.dispose();
      thrifty.dispose();
    });
  });

  test('checkpointed, a layer keeps its methods, and what it computes when asked', () => {
    class Doubling implements Layer {
      readonly kind = 'doubling';
      readonly variables = {};
      asked = 0;
      get times(): number {
        return ++this.asked;
      }
      apply(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, 2);
      }
      outputShape(shape: readonly (number | null)[]): readonly (number | null)[] {
        return shape;
      }
      dispose(): void {}
    }
    const layer = checkpointed(new Doubling());
    expect(layer.outputShape([1, 2])).toEqual([1, 2]);
    let now = 1;
    const changing = {
      ...new Doubling(),
      ...{ apply: tf.neg, outputShape: layer.outputShape, dispose: layer.dispose },
      get now() {
        return now;
      },
    };
    const asked = checkpointed(changing as Layer) as unknown as { now: number };
    now = 2;
    expect(asked.now).toBe(2);
    sequential([layer]).dispose();
  });

  test('checkpointed, and within one another', () => {
    expectNoLeak(() => {
      const [plain, thrifty] = [deep(), checkpointed(deep('sqrt'))];
      expect(run(thrifty)).toEqual(run(plain));
      plain.dispose();
      thrifty.dispose();
    });
  });

  test.each<Checkpointing>([{ segments: 2 }, { snapshots: 2 }])('with %o what cross-attention hears gets its gradient', (checkpointing) => {
    expectNoLeak(() => {
      const memory = random.normal(random.key(6), [4, 5, 3]);
      const make = (checkpoint?: Checkpointing): Layer =>
        sequential(
          [residual(attention(8, { key: first, memory: 3 })), residual(attention(8, { key: second, memory: 3 })), activationLayer('tanh')],
          checkpoint ? { checkpoint } : {},
        );
      const [plain, thrifty] = [make(), make(checkpointing)];
      expect(run(thrifty, { memory })).toEqual(run(plain, { memory }));
      plain.dispose();
      thrifty.dispose();
      memory.dispose();
    });
  });

  test('a function of two tensors and a variable, one of them whole numbers', () => {
    expectNoLeak(() => {
      tf.tidy(() => {
        const w = tf.variable(random.normal(first, [5, 3]));
        const ids = tf.tensor1d([0, 4, 4], 'int32');
        const plain = (x: tf.Tensor, rows: tf.Tensor): tf.Tensor => tf.tanh(tf.add(tf.gather(w, rows), x));
        const results = [plain, checkpoint(plain, [w])].map((f) => {
          const [dx, dw] = tf.grads((x) => tf.sum(tf.square(f(x!, ids))))([tf.ones([3, 3]), w]);
          return [[...dx!.dataSync()], [...dw!.dataSync()]];
        });
        expect(results[1]).toEqual(results[0]);
        w.dispose();
      });
    });
  });

  test('an error on the way back leaves nothing behind, and the next step trains', () => {
    expectNoLeak(() => {
      const inner = dense(3, 2, { key: first, activation: 'tanh' });
      let calls = 0;
      const net = checkpointed({
        ...inner,
        apply: (x) => {
          if (++calls === 2) throw new Error('no more');
          return inner.apply(x);
        },
      });
      const optimizer = sgd({ learningRate: 0.5 });
      const state = optimizer.init(trainable(net));
      const given = { x: random.normal(second, [4, 3]), y: tf.zeros([4, 2]) };
      const step = (): number => {
        const loss = trainStep(net, given, { optimizer, state, loss: meanSquaredError });
        const [value] = loss.dataSync();
        loss.dispose();
        return value!;
      };
      expect(step).toThrow('no more');
      const before = step();
      expect(step()).toBeLessThan(before);
      tf.dispose(given);
      disposeState(state);
      net.dispose();
    });
  });
});

describe('memory', () => {
  beforeAll(() => useBackend('x wide'));
  const LAYERS = 64;
  const WIDTH = 32;
  const ROWS = 1024;
  const state = WIDTH * ROWS * 4;

  /** The most bytes of tensors at any time in a step, in states of a layer, beside what was there before. */
  function peak(checkpointing?: Checkpointing): number {
    let most = 0;
    const watch = (): void => {
      most = Math.max(most, tf.memory().numBytes);
    };
    // Two states a layer: what tanh and the product keep.
    const watched = (index: number): Layer => {
      const layer = dense(WIDTH, WIDTH, { key: random.fold(first, index), activation: 'tanh', bias: false });
      const seen = tf.customGrad((y, save) => {
        (save as tf.GradSaveFunc)([]);
        watch();
        return {
          value: tf.mul(y as tf.Tensor, 1),
          gradFunc: (dy: tf.Tensor) => {
            watch();
            return tf.mul(dy, 1);
          },
        };
      });
      return { ...layer, apply: (x) => tf.tidy(() => seen(layer.apply(x)) as tf.Tensor) };
    };
    const net = sequential(
      Array.from({ length: LAYERS }, (_, index) => watched(index)),
      checkpointing ? { checkpoint: checkpointing } : {},
    );
    tf.tidy(() => {
      const x = random.normal(second, [ROWS, WIDTH]);
      const before = tf.memory().numBytes;
      const w = net.variables['0.weight']!;
      tf.variableGrads(() => tf.sum(net.apply(x)) as tf.Scalar, [w]);
      most -= before;
    });
    net.dispose();
    return most / state;
  }

  test('of 64 layers: tfjs holds 5 states each, 8 segments 8 states and those of 8 layers, 4 snapshots 4 and those of one', () => {
    const [all, root, few, fewest] = [peak(), peak('sqrt'), peak({ snapshots: 4 }), peak({ snapshots: 1 })];
    // What a layer keeps and its input, and three gradients, which tfjs holds until the whole pass is over.
    expect(all).toBeGreaterThan(5 * LAYERS);
    // And the gradients of the weights, and what the layer at work needs.
    expect(root).toBeLessThan(8 + 5 * 8 + 10);
    expect(few).toBeLessThan(4 + 5 + 10);
    expect(fewest).toBeLessThan(few);
  });
});

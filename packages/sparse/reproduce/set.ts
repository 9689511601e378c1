/**
 * SET against fixed sparsity and a dense network on 2,000 Fashion-MNIST images: test accuracy by epoch, beside the
 * published runs of SET's authors (five seeds, averaged from the files in their repository).
 *
 *   pnpm --filter @x/sparse reproduce:set [--methods SET,fixed,dense] [--seeds 5] [--epochs 400] [--minutes 60]
 *
 * Runs that are in results/set.json are not done again. As theirs: 784-1000-1000-1000-10, ReLU, sigmoid outputs, batches
 * of 40, learning rate 0.05 (dense 0.001, of gradients summed over the batch), momentum 0.9, weight decay 2e-4 a step,
 * epsilon 13 with repeated draws, zeta 0.3, first and new values N(0, 0.1²), their output error (y - t) s(y) (1 - s(y)),
 * their dropout, every layer rewired after every epoch but the last. Otherwise: other images of the same data set.
 */
import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import {
  accuracy,
  dense,
  disposeState,
  enable,
  evaluate,
  initializers,
  random,
  sequential,
  sgd,
  trainable,
  trainStep,
  type Layer,
  type Loss,
  type Optimizer,
} from '@x/tensor';
import { loadFashionMnist } from '@x-tooling/datasets';
import { normalValues, set, sparseLinear, sparsityReport, withTopology } from '../src/index.ts';
import { openJournal } from './journal.ts';
import { deviation, mean } from './statistics.ts';

const SIZES = [784, 1000, 1000, 1000, 10] as const;
const BATCH = 40;
const TRAIN = 2000;
const TEST = 1000;
const EPSILON = 13;
const DROPPED = 0.2;
/** Epochs between two tests. */
const APART = 5;
/** Means of the published runs at these epochs. */
const published = {
  epochs: [10, 25, 50, 100, 200, 300, 400],
  dense: [0.7946, 0.8176, 0.825, 0.8204, 0.8192, 0.8136, 0.8198],
  fixed: [0.6302, 0.7106, 0.7432, 0.7844, 0.7964, 0.7976, 0.806],
  SET: [0.691, 0.7552, 0.7918, 0.8018, 0.8162, 0.8204, 0.8256],
} as const;
type Method = 'SET' | 'fixed' | 'dense';

interface Result {
  readonly links: number;
  /** Test accuracy after epochs 5, 10, 15, ... */
  readonly accuracy: readonly number[];
  readonly trainAccuracy: number;
}

const { values: options } = parseArgs({
  options: {
    methods: { type: 'string', default: 'SET,fixed,dense' },
    seeds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '400' },
    minutes: { type: 'string', default: '60' },
  },
});
const epochs = Number(options.epochs);
// One thread: batches of 40 leave nothing for a second one.
const runtime = await enable({ threads: 1 });
await runtime.load('sparse');
const { train } = await loadFashionMnist();
const journal = openJournal<Result>('set', runtime, Number(options.minutes));

async function run(method: Method, seed: number): Promise<Result> {
  const [forNet, forData, forTopology, forDropout] = random.split(random.key(seed), 4);
  const net = network(method, forNet);
  const { x, y, test } = images(forData);
  const steps = TRAIN / BATCH;
  const plain = decaying(sgd({ learningRate: method === 'dense' ? 0.001 : 0.05, momentum: 0.9 }));
  const optimizer =
    method === 'SET' ? withTopology(net, set({ every: steps, until: epochs * steps - 2 }), plain, { key: forTopology }) : plain;
  const state = optimizer.init(trainable(net));
  const loss = authorsLoss(method === 'dense' ? 1 : 1 / BATCH);
  const tested = async (data: { x: tf.Tensor; y: tf.Tensor }): Promise<number> =>
    Math.round((await evaluate(net, data, { loss, metrics: { accuracy } })).metrics['accuracy']! * 1e4) / 1e4;
  const reached: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(random.fold(forData, epoch + 1), TRAIN);
    for (let step = 0; step < steps; step++) {
      tf.tidy(() => {
        const rows = tf.tensor1d(order.subarray(step * BATCH, (step + 1) * BATCH), 'int32');
        trainStep(
          net,
          { x: tf.gather(x, rows), y: tf.gather(y, rows) },
          { optimizer, state, loss, key: random.fold(forDropout, state.step) },
        );
      });
    }
    if ((epoch + 1) % APART === 0) reached.push(await tested(test));
  }
  const result = {
    links: method === 'dense' ? SIZES.slice(1).reduce((sum, units, i) => sum + units * SIZES[i]!, 0) : sparsityReport(net).nonZeros,
    accuracy: reached,
    trainAccuracy: await tested({ x, y }),
  };
  disposeState(state);
  net.dispose();
  tf.dispose([x, y, test.x, test.y]);
  return result;
}

function network(method: Method, key: random.Key): Layer {
  return sequential(
    SIZES.slice(1).flatMap((units, index) => {
      const inputs = SIZES[index]!;
      const last = index === SIZES.length - 2;
      const activation = last ? 'linear' : 'relu';
      const own = random.fold(key, index);
      // So many draws with repetition leave so many different links.
      const density = 1 - Math.exp((-EPSILON * (inputs + units)) / (inputs * units));
      const layer =
        method === 'dense'
          ? dense(inputs, units, { activation, key: own, init: initializers.normal({ std: 0.1 }) })
          : sparseLinear(inputs, units, { density, activation, key: own, init: normalValues(0.1) });
      return [layer, authorsDropout({ drops: !last, scales: index > 0 })];
    }),
  );
}

/**
 * Dropout as the authors' program has it: in training values are dropped and the others left as they are, and the
 * backward pass knows nothing of it; in a test the layers after the first are multiplied by the part that is kept.
 */
function authorsDropout({ drops, scales }: { readonly drops: boolean; readonly scales: boolean }): Layer {
  const dropped = DROPPED * 2 ** 32;
  return {
    kind: 'authorsDropout',
    variables: {},
    apply: (x, { training = false, key } = {}) => {
      if (!training) return scales ? tf.mul(x, 1 - DROPPED) : tf.clone(x);
      if (!drops) return tf.clone(x);
      const words = random.bits(key!, x.size);
      const kept = new Float32Array(x.size);
      for (let i = 0; i < kept.length; i++) kept[i] = words[i]! < dropped ? 0 : 1;
      return tf.customGrad((values) => ({
        value: tf.mul(values as tf.Tensor, tf.tensor(kept, x.shape)),
        gradFunc: (dy: tf.Tensor) => tf.clone(dy),
      }))(x);
    },
    outputShape: (shape) => shape,
    dispose: () => {},
  };
}

function images(key: random.Key): { x: tf.Tensor; y: tf.Tensor; test: { x: tf.Tensor; y: tf.Tensor } } {
  const order = random.permutation(key, train.labels.length);
  const take = (first: number, count: number): { x: tf.Tensor; y: tf.Tensor } => {
    const rows = order.subarray(first, first + count);
    const pixels = new Float32Array(count * 784);
    rows.forEach((image, row) => pixels.set(train.images.subarray(image * 784, (image + 1) * 784), row * 784));
    const labels = Int32Array.from(rows, (image) => train.labels[image]!);
    return {
      x: tf.tidy(() => tf.div(tf.tensor2d(pixels, [count, 784]), 255)),
      y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 10), 'float32')),
    };
  };
  return { ...take(0, TRAIN), test: take(TRAIN, TEST) };
}

/** A loss with the gradient that the authors' program takes, times `scale`. */
function authorsLoss(scale: number): Loss {
  return (z, target) => {
    const loss = tf.customGrad((logits, save) => {
      const output = tf.sigmoid(logits as tf.Tensor);
      const error = tf.sub(output, target);
      const again = tf.sigmoid(output);
      (save as tf.GradSaveFunc)([tf.mul(error, tf.mul(again, tf.sub(scale, tf.mul(again, scale))))]);
      return { value: tf.sum(tf.square(error)), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!) };
    });
    return loss(z);
  };
}

/** Makes parameters smaller by 2e-4 of themselves at each step, apart from the gradient. */
function decaying(optimizer: Optimizer): Optimizer {
  return {
    init: (parameters) => optimizer.init(parameters),
    update: (parameters, gradients, state) => {
      for (const variable of Object.values(parameters)) tf.tidy(() => variable.assign(tf.mul(variable, 1 - 2e-4)));
      optimizer.update(parameters, gradients, state);
    },
  };
}

const nameOf = (method: Method, seed: number): string => `${method}, ${epochs} epochs, seed ${seed}`;
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
const methods = options.methods.split(',') as Method[];
for (const seed of seeds) for (const method of methods) await journal.add(nameOf(method, seed), () => run(method, seed));

for (const method of methods) {
  const runs = seeds.flatMap((seed) => journal.runs.get(nameOf(method, seed)) ?? []);
  if (runs.length === 0) continue;
  console.log(
    `\n${method}: ${runs.length} seeds, ${runs[0]!.result.links} links, ${mean(runs.map(({ seconds }) => seconds)).toFixed(0)} s a run`,
  );
  for (const epoch of published.epochs.filter((at) => at <= epochs)) {
    const reached = runs.map(({ result }) => result.accuracy[epoch / APART - 1]!);
    const paper = published[method][published.epochs.indexOf(epoch)]!;
    console.log(
      `epoch ${String(epoch).padStart(3)}: published ${paper.toFixed(4)}, ours ${mean(reached).toFixed(4)} ± ${deviation(reached).toFixed(4)}, difference ${(mean(reached) - paper).toFixed(4)}`,
    );
  }
}
const last = (method: Method, seed: number): number | undefined => journal.runs.get(nameOf(method, seed))?.result.accuracy.at(-1);
const pairs = seeds.flatMap((seed) => (last('SET', seed) === undefined || last('fixed', seed) === undefined ? [] : [seed]));
console.log(
  `\nSET above fixed at the last epoch: ${pairs.filter((seed) => last('SET', seed)! > last('fixed', seed)!).length} of ${pairs.length}`,
);
process.exit(0);

/**
 * SET against fixed sparsity and a dense network on 2,000 Fashion-MNIST images: test accuracy by epoch, beside the
 * published runs of SET's authors (five seeds, averaged from the files in their repository).
 *
 *   pnpm --filter @x/sparse reproduce:set [epochs, 400 in the original] [seeds, 5 in the original]
 *
 * As theirs: 784-1000-1000-1000-10, ReLU, sigmoid outputs, batches of 40, learning rate 0.05 (dense 0.001, of gradients
 * summed over the batch), momentum 0.9, weight decay 2e-4 a step, epsilon 13 with repeated draws, zeta 0.3, first and new
 * values N(0, 0.1²), their output error (y - t) s(y) (1 - s(y)), every layer rewired after every epoch but the last.
 * Otherwise: other images of the same data set, and dropout that rescales in training and is part of the backward pass.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  accuracy,
  dense,
  disposeState,
  dropout,
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

const SIZES = [784, 1000, 1000, 1000, 10] as const;
const BATCH = 40;
const TRAIN = 2000;
const TEST = 1000;
const EPSILON = 13;
/** Means of the published runs at these epochs. */
const published = {
  epochs: [10, 25, 50, 100, 200, 300, 400],
  dense: [0.7946, 0.8176, 0.825, 0.8204, 0.8192, 0.8136, 0.8198],
  fixed: [0.6302, 0.7106, 0.7432, 0.7844, 0.7964, 0.7976, 0.806],
  SET: [0.691, 0.7552, 0.7918, 0.8018, 0.8162, 0.8204, 0.8256],
} as const;
const names = ['dense', 'fixed', 'SET'] as const;

const epochs = Number(process.argv[2] ?? 25);
const seeds = Number(process.argv[3] ?? 1);
const runtime = await enable();
await runtime.load('sparse');
const { train } = await loadFashionMnist();

/** Accuracy after each epoch. */
async function run(name: (typeof names)[number], seed: number): Promise<number[]> {
  const [forNet, forData, forTopology, forDropout] = random.split(random.key(seed), 4);
  const net = network(name, forNet);
  const { x, y, test } = images(forData);
  const steps = TRAIN / BATCH;
  const plain = decaying(sgd({ learningRate: name === 'dense' ? 0.001 : 0.05, momentum: 0.9 }));
  const optimizer =
    name === 'SET' ? withTopology(net, set({ every: steps, until: epochs * steps - 2 }), plain, { key: forTopology }) : plain;
  const state = optimizer.init(trainable(net));
  const loss = authorsLoss(name === 'dense' ? 1 : 1 / BATCH);
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
    reached.push((await evaluate(net, test, { loss, metrics: { accuracy } })).metrics['accuracy']!);
  }
  if (seed === 0 && name !== 'dense') console.log(`${name}: ${sparsityReport(net).nonZeros} links (published 81,492)`);
  disposeState(state);
  net.dispose();
  tf.dispose([x, y, test.x, test.y]);
  return reached;
}

function network(name: string, key: random.Key): Layer {
  return sequential(
    SIZES.slice(1).flatMap((units, index) => {
      const inputs = SIZES[index]!;
      const last = index === SIZES.length - 2;
      const activation = last ? 'linear' : 'relu';
      const own = random.fold(key, index);
      // So many draws with repetition leave so many different links.
      const density = 1 - Math.exp((-EPSILON * (inputs + units)) / (inputs * units));
      const layer =
        name === 'dense'
          ? dense(inputs, units, { activation, key: own, init: initializers.normal({ std: 0.1 }) })
          : sparseLinear(inputs, units, { density, activation, key: own, init: normalValues(0.1) });
      return last ? [layer] : [layer, dropout(0.2)];
    }),
  );
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

const checkpoints = published.epochs.filter((epoch) => epoch <= epochs);
console.log(`backend x, ${runtime.tier}, ${runtime.threads} threads; ${epochs} epochs, seeds 0 to ${seeds - 1}`);
for (const name of names) {
  const began = performance.now();
  const runs: number[][] = [];
  for (let seed = 0; seed < seeds; seed++) runs.push(await run(name, seed));
  const seconds = (performance.now() - began) / 1000 / seeds;
  for (const epoch of checkpoints) {
    const reached = runs.map((accuracies) => accuracies[epoch - 1]!);
    const mean = reached.reduce((sum, value) => sum + value, 0) / seeds;
    const paper = published[name][published.epochs.indexOf(epoch)]!;
    console.log(
      `${name.padEnd(6)} epoch ${String(epoch).padStart(3)}: published ${paper.toFixed(4)}, ours ${mean.toFixed(4)}, difference ${(mean - paper).toFixed(4)}`,
    );
  }
  console.log(`${name.padEnd(6)} ${seconds.toFixed(1)} s a run`);
}
process.exit(0);

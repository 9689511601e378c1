import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import {
  dense,
  disposeState,
  enable,
  random,
  sequential,
  sgd,
  trainable,
  trainStep,
  type OptimizerState,
  type SequentialLayer,
} from '../src/index.ts';
import { startTorch } from './torch.ts';
import { use } from './backend.ts';
import '@tensorflow/tfjs-backend-wasm';

const SIZES = [784, 1024, 1024, 10] as const;
const BATCH = 128;
const RATE = 0.01;

/** Two products of every layer's size forward and back, but none for the gradient of the images. */
const flops = 2 * BATCH * (3 * (784 * 1024 + 1024 * 1024 + 1024 * 10) - 784 * 1024);

/** The training step of an MLP 784-1024-1024-10, batch 128, SGD. */
export async function step(): Promise<Comparison[]> {
  const { threads } = await enable();
  const torch = await startTorch(1);
  const torchAll = await startTorch(threads);
  const result = await compare({
    name: 'training step, MLP 784-1024-1024-10, batch 128, SGD',
    candidates: {
      'x, our layers and optimizer': ourProgram(),
      'x, tfjs program unchanged': tfjsProgram('x'),
      ...(torch ? { 'PyTorch, one thread': () => torch.step() } : {}),
      ...(torchAll ? { [`PyTorch, ${threads} threads`]: () => torchAll.step() } : {}),
      'tfjs wasm': tfjsProgram('wasm'),
    },
    flops,
    seconds: 3,
  });
  torch?.stop();
  torchAll?.stop();
  return [result];
}

function batch(): { images: tf.Tensor2D; labels: tf.Tensor1D } {
  return {
    images: tf.randomNormal([BATCH, SIZES[0]]),
    labels: tf.tensor1d(
      Int32Array.from({ length: BATCH }, (_, index) => index % 10),
      'int32',
    ),
  };
}

/** What any tfjs user writes. */
function tfjsProgram(backend: string): Candidate {
  let weights: tf.Variable[];
  let biases: tf.Variable[];
  let images: tf.Tensor2D;
  let targets: tf.Tensor;
  const optimizer = tf.train.sgd(RATE);
  const loss = (): tf.Scalar => {
    let x: tf.Tensor = images;
    weights.forEach((weight, layer) => {
      x = tf.add(tf.matMul(x, weight), biases[layer]!);
      if (layer < 2) x = tf.relu(x);
    });
    return tf.losses.softmaxCrossEntropy(targets, x);
  };
  return {
    setup: async () => {
      await tf.setBackend(backend);
      const data = batch();
      images = data.images;
      targets = tf.oneHot(data.labels, 10);
      data.labels.dispose();
      weights = SIZES.slice(1).map((size, layer) => tf.variable(tf.randomNormal([SIZES[layer]!, size], 0, SIZES[layer]! ** -0.5)));
      biases = SIZES.slice(1).map((size) => tf.variable(tf.zeros([size])));
    },
    run: () => {
      use(backend);
      optimizer.minimize(loss);
    },
    teardown: () => tf.dispose([...weights, ...biases, images, targets]),
  };
}

/** The same with what this package adds. */
function ourProgram(): Candidate {
  const optimizer = sgd({ learningRate: RATE });
  let net: SequentialLayer;
  let state: OptimizerState;
  let images: tf.Tensor2D;
  let labels: tf.Tensor1D;
  return {
    setup: async () => {
      await tf.setBackend('x');
      ({ images, labels } = batch());
      net = sequential([
        dense(SIZES[0], SIZES[1], { activation: 'relu', key: random.key(1) }),
        dense(SIZES[1], SIZES[2], { activation: 'relu', key: random.key(2) }),
        dense(SIZES[2], SIZES[3], { key: random.key(3) }),
      ]);
      state = optimizer.init(trainable(net));
    },
    run: () => {
      use('x');
      trainStep(net, { x: images, y: labels }, { optimizer, state }).dispose();
    },
    teardown: () => {
      disposeState(state);
      net.dispose();
      tf.dispose([images, labels]);
    },
  };
}

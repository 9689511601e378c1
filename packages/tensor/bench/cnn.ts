import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { conv2d, dense, disposeState, enable, flatten, maxPool2d, random, sequential, sgd, trainable, trainStep } from '../src/index.ts';
import type { OptimizerState, SequentialLayer } from '../src/index.ts';
import { startTorch } from './torch.ts';
import { use } from './backend.ts';
import '@tensorflow/tfjs-backend-cpu';

const BATCH = 64;
/** tfjs's plain JavaScript takes a quarter of a minute for a whole step. */
const FEWER = 4;
const RATE = 0.01;

/** Forward, and backward twice as much, but none for the gradient of the images. */
const flops = (() => {
  const [first, second, third, last] = [26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 64, 1600 * 128, 128 * 10];
  return 2 * BATCH * (2 * first + 3 * (second + third + last));
})();

/** The training step of a convolutional network for images [28, 28, 1]: conv 3x3x32, pool, conv 3x3x64, pool, dense 128, dense 10; SGD. */
export async function cnn(): Promise<Comparison[]> {
  const { threads } = await enable();
  const torch = await startTorch(1);
  const torchAll = await startTorch(threads);
  const name = (batch: number): string => `training step, CNN 32-64-128-10, batch ${batch}, SGD`;
  const results = [
    await compare({
      name: name(BATCH),
      candidates: {
        'x, our layers and optimizer': ourProgram(),
        'x, tfjs program unchanged': tfjsProgram('x', BATCH),
        ...(torch ? { 'PyTorch, one thread': () => torch.cnn() } : {}),
        ...(torchAll ? { [`PyTorch, ${threads} threads`]: () => torchAll.cnn() } : {}),
      },
      flops,
      seconds: 3,
    }),
    await compare({
      name: name(FEWER),
      candidates: { 'x, tfjs program unchanged': tfjsProgram('x', FEWER), 'tfjs cpu': tfjsProgram('cpu', FEWER) },
      flops: (flops * FEWER) / BATCH,
      warmup: 0.1,
      seconds: 0.5,
    }),
  ];
  torch?.stop();
  torchAll?.stop();
  return results;
}

function batchOf(size: number): { images: tf.Tensor4D; labels: tf.Tensor1D } {
  return {
    images: tf.randomNormal([size, 28, 28, 1]),
    labels: tf.tensor1d(
      Int32Array.from({ length: size }, (_, index) => index % 10),
      'int32',
    ),
  };
}

/** What any tfjs user writes. */
function tfjsProgram(backend: string, size: number): Candidate {
  let variables: tf.Variable[];
  let images: tf.Tensor4D;
  let targets: tf.Tensor;
  const optimizer = tf.train.sgd(RATE);
  const loss = (): tf.Scalar => {
    const [f1, b1, f2, b2, w3, b3, w4, b4] = variables as [tf.Variable, ...tf.Variable[]] & tf.Variable[];
    const convolved = (x: tf.Tensor4D, f: tf.Variable, b: tf.Variable): tf.Tensor4D =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(x, f as tf.Tensor as tf.Tensor4D, 1, 'valid'), b)) as tf.Tensor4D, 2, 2, 'valid');
    const features = tf.reshape(convolved(convolved(images, f1, b1!), f2!, b2!), [size, 1600]);
    const hidden = tf.relu(tf.add(tf.matMul(features, w3!), b3!));
    return tf.losses.softmaxCrossEntropy(targets, tf.add(tf.matMul(hidden, w4!), b4!));
  };
  return {
    setup: async () => {
      await tf.setBackend(backend);
      const data = batchOf(size);
      images = data.images;
      targets = tf.oneHot(data.labels, 10);
      data.labels.dispose();
      variables = [[3, 3, 1, 32], [32], [3, 3, 32, 64], [64], [1600, 128], [128], [128, 10], [10]].map((shape) =>
        tf.variable(shape.length > 1 ? tf.randomNormal(shape, 0, shape.slice(0, -1).reduce((a, b) => a * b, 1) ** -0.5) : tf.zeros(shape)),
      );
    },
    run: () => {
      use(backend);
      optimizer.minimize(loss);
    },
    teardown: () => tf.dispose([...variables, images, targets]),
  };
}

/** The same with what this package adds. */
function ourProgram(): Candidate {
  const optimizer = sgd({ learningRate: RATE });
  let net: SequentialLayer;
  let state: OptimizerState;
  let images: tf.Tensor4D;
  let labels: tf.Tensor1D;
  return {
    setup: async () => {
      await tf.setBackend('x');
      ({ images, labels } = batchOf(BATCH));
      const [k1, k2, k3, k4] = random.split(random.key(1), 4);
      net = sequential([
        conv2d(1, 32, 3, { activation: 'relu', key: k1 }),
        maxPool2d(2),
        conv2d(32, 64, 3, { activation: 'relu', key: k2 }),
        maxPool2d(2),
        flatten(),
        dense(1600, 128, { activation: 'relu', key: k3 }),
        dense(128, 10, { key: k4 }),
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

/**
 * Wide truly sparse networks: 784 - n - n - n - 10 with Erdős-Rényi epsilon 20, on 2,000 Fashion-MNIST images, as the
 * programs of SET and Truly Sparse at Scale train them on a laptop. Prints non-zeros, memory, time an epoch and the loss.
 *
 *   pnpm --filter @x/sparse reproduce:scale [neurons a layer, 300000] [hidden layers, 3] [batch, 40] [minutes at most, 10]
 *
 * Published for SET's own program, scipy on one core: 49 minutes an epoch at 3 x 300,000 neurons, on a laptop with 16 GB.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { dense, enable, random, sequential, sgd, trainable, trainStep, type Layer } from '@x/tensor';
import { loadFashionMnist } from '@x-tooling/datasets';
import { allReLU, erdosRenyiDensity, set, sparseLayers, sparseLinear, withTopology } from '../src/index.ts';

const IMAGES = 2000;
const EPSILON = 20;
/** The last layer sees all neurons of the one before, so that the step must be the smaller the more they are. */
const RATE = 10;
const [neurons = 300_000, hidden = 3, batch = 40, minutes = 10] = process.argv.slice(2).map(Number);
const mega = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const began = performance.now();
const runtime = await enable();
await runtime.load('sparse');
const [forLayers, forData, forTopology] = random.split(random.key(0), 3);
const keys = random.split(forLayers, hidden + 1);
const layers: Layer[] = [];
for (let i = 0; i < hidden; i++) {
  const inputs = i === 0 ? 784 : neurons;
  layers.push(sparseLinear(inputs, neurons, { density: erdosRenyiDensity(inputs, neurons, EPSILON), key: keys[i]! }), allReLU(i + 1));
}
layers.push(dense(neurons, 10, { key: keys[hidden]! }));
const net = sequential(layers);
const links = sparseLayers(net).reduce((sum, { layer }) => sum + layer.pattern.nonZeros, 0) + neurons * 10;
const report = (label: string): void =>
  console.log(
    `${label}; heap ${mega(runtime.memory().used)} in use of ${mega(runtime.memory().size)}, process at most ${mega(process.resourceUsage().maxRSS * 1024)}`,
  );
console.log(
  `784 - ${Array<number>(hidden).fill(neurons).join(' - ')} - 10, epsilon ${EPSILON}: ${links.toLocaleString('en')} non-zeros, batch ${batch}; ` +
    `${runtime.tier} tier, ${runtime.threads} threads, ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
);
report(`made in ${seconds(began)}`);

const { train } = await loadFashionMnist();
const order = random.permutation(forData, train.labels.length).subarray(0, IMAGES);
const steps = Math.floor(IMAGES / batch);
const optimizer = withTopology(net, set({ every: steps, fraction: 0.3 }), sgd({ learningRate: RATE / neurons, momentum: 0.9 }), {
  key: forTopology,
});
const state = optimizer.init(trainable(net));
const until = performance.now() + 60_000 * minutes;
let losses: number[] = [];
let epoch = performance.now();
for (let step = 0; performance.now() < until; step++) {
  const first = (step % steps) * batch;
  const pixels = new Float32Array(batch * 784);
  const labels = new Int32Array(batch);
  for (let i = 0; i < batch; i++) {
    const image = order[first + i]!;
    pixels.set(train.images.subarray(image * 784, (image + 1) * 784), i * 784);
    labels[i] = train.labels[image]!;
  }
  const x = tf.tidy(() => tf.div(tf.tensor2d(pixels, [batch, 784]), 255));
  const y = tf.tensor1d(labels, 'int32');
  const loss = trainStep(net, { x, y }, { optimizer, state });
  losses.push(loss.dataSync()[0]!);
  tf.dispose([x, y, loss]);
  if (step === 0) report(`first step after ${seconds(epoch)}, loss ${losses[0]!.toFixed(3)}`);
  if ((step + 1) % steps === 0) {
    report(`epoch ${(step + 1) / steps}: ${seconds(epoch)}, mean loss ${(losses.reduce((a, b) => a + b) / losses.length).toFixed(3)}`);
    losses = [];
    epoch = performance.now();
  }
}
if (losses.length > 0) report(`stopped after ${losses.length} of ${steps} steps of an epoch, loss ${losses.at(-1)!.toFixed(3)}`);
process.exit(0);

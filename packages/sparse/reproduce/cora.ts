/**
 * Papers of the Cora citation graph sorted into classes by GCN, on the standard split of 140 / 500 / 1,000.
 *
 *   pnpm --filter @x/sparse reproduce:cora [--file ../shared/data/cora.json] [--seeds 10] [--minutes 60]
 *
 * As published: 16 hidden units, dropout 0.5, Adam 0.01, penalty 5e-4 on the first layer, 200 epochs at most, ending when the
 * validation loss exceeds the mean of the last ten. Features are normalized to sum 1 a paper, and as sparse as they are:
 * their product with the first weight is one of the graph's kind. Runs in results/cora.json are not done again.
 */
import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { adam, disposeState, dropout, enable, initializers, random, sequential, trainable, trainStep, type Layer } from '@x/tensor';
import { adjacency, fromCoordinates, graphConv, propagate, symmetricNormalized } from '../src/index.ts';
import { coraFile, crossEntropy, evaluate, loadCora, type Nodes } from './cora-nodes.ts';
import { openJournal } from './journal.ts';
import { deviation, mean } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: coraFile },
    seeds: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
  },
});
interface Result {
  readonly accuracy: number;
  readonly epochs: number;
}
const runtime = await enable({ threads: 1 });
await runtime.load('sparse');
const { cora, y, train, validation, test } = loadCora(options.file);
const graph = symmetricNormalized(adjacency(cora.nodes, cora.edges));
const features = fromCoordinates([cora.nodes, cora.features], {
  rows: Int32Array.from(cora.featureIndices.flatMap((own, node) => own.map(() => node))),
  columns: Int32Array.from(cora.featureIndices.flat()),
  values: Float32Array.from(cora.featureIndices.flatMap((own) => own.map(() => 1 / own.length))),
});
const featureValues = tf.tensor1d(features.values);
/** The features are the same in each step, so networks close over them. */
const x = tf.zeros([cora.nodes, 1]);

/** Features times a weight, each present one dropped as dropout has it. */
function featureLayer(units: number, rate: number, key: random.Key): Layer {
  const drop = dropout(rate);
  const weight = tf.tidy(() => tf.variable(initializers.glorotUniform()([cora.features, units], key)));
  return {
    kind: 'features',
    variables: { weight },
    apply: (_, context) => tf.tidy(() => propagate(drop.apply(featureValues, context), features.pattern, weight)),
    outputShape: () => [cora.nodes, units],
    dispose: () => weight.dispose(),
  };
}

/** Takes what its neighbors have, and no negative part of it: with the layer before, a graph convolution with relu. */
function spread(): Layer {
  const values = tf.tensor1d(graph.values);
  return {
    kind: 'spread',
    variables: {},
    apply: (h) => tf.tidy(() => tf.relu(propagate(values, graph.pattern, h))),
    outputShape: (shape) => shape,
    dispose: () => values.dispose(),
  };
}

function run(seed: number): Result {
  const [a, b, forDropout] = random.split(random.key(seed), 3);
  const first = featureLayer(16, 0.5, a);
  const net = sequential([first, spread(), dropout(0.5), graphConv(16, cora.classes, { graph, bias: false, key: b })]);
  const loss = (logits: tf.Tensor): tf.Tensor =>
    tf.add(crossEntropy(logits, train), tf.mul(tf.sum(tf.square(first.variables['weight']!)), 2.5e-4));
  const optimizer = adam({ learningRate: 0.01 });
  const state = optimizer.init(trainable(net));
  const losses: number[] = [];
  const measured = (nodes: Nodes): ReturnType<typeof evaluate> => tf.tidy(() => evaluate(net.apply(x), nodes));
  const over = (): boolean => losses.length > 10 && losses.at(-1)! > mean(losses.slice(-11, -1));
  while (losses.length < 200 && !over()) {
    trainStep(net, { x, y }, { optimizer, state, loss, key: random.fold(forDropout, losses.length) }).dispose();
    losses.push(measured(validation).loss);
  }
  const { accuracy } = measured(test);
  disposeState(state);
  net.dispose();
  return { accuracy: Math.round(1000 * accuracy) / 1000, epochs: losses.length };
}

const journal = openJournal<Result>('cora', runtime, Number(options.minutes));
for (let seed = 0; seed < Number(options.seeds); seed++) await journal.add(`gcn, seed ${seed}`, () => Promise.resolve(run(seed)));
const accuracies = [...journal.runs.values()].map(({ result }) => 100 * result.accuracy);
console.log(
  `gcn: published 81.5 %, ours ${mean(accuracies).toFixed(2)} ± ${deviation(accuracies).toFixed(2)} % (${accuracies.length} seeds)`,
);
process.exit(0);

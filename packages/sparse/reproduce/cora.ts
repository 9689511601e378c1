/**
 * Papers of the Cora citation graph sorted into classes, on the standard split of 140 / 500 / 1,000: GCN and GAT.
 *
 *   pnpm --filter @x/sparse reproduce:cora [--models gcn,gat] [--file ../shared/data/cora.json] [--seeds 10] [--minutes 60]
 *
 * GCN as published: 16 hidden units, dropout 0.5, Adam 0.01, penalty 5e-4 on the first layer, at most 200 epochs, ending when
 * the validation loss exceeds the mean of the last ten. GAT as published: 8 heads of 8 units with elu, one head at the end,
 * dropout 0.6 of inputs and attentions, Adam 0.005, penalty 5e-4 on all; here 300 epochs at most, and the epoch of least
 * validation loss counts. Features are normalized to sum 1 a paper. Runs in results/cora.json are not done again.
 */
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { adam, disposeState, dropout, enable, random, sequential, softmaxCrossEntropy, trainable, trainStep, type Layer } from '@x/tensor';
import { adjacency, graphAttention, graphConv, symmetricNormalized } from '../src/index.ts';
import { openJournal } from './journal.ts';
import { deviation, mean } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: 'gcn,gat' },
    file: { type: 'string', default: fileURLToPath(new URL('../../../../shared/data/cora.json', import.meta.url)) },
    seeds: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
  },
});
interface Cora {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  readonly featureIndices: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly edges: readonly (readonly [number, number])[];
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}
interface Result {
  readonly accuracy: number;
  readonly epochs: number;
}
interface Recipe {
  readonly published: string;
  readonly learningRate: number;
  readonly epochs: number;
  readonly net: (key: random.Key) => Layer;
  /** Variables that are kept small. */
  readonly penalized: (name: string) => boolean;
  /** Whether training ends, by the validation losses so far. */
  readonly ends: (losses: readonly number[]) => boolean;
  /** Whether the epoch of least validation loss counts, or the last. */
  readonly best: boolean;
}

const runtime = await enable({ threads: 1 });
await runtime.load('sparse');
const cora = JSON.parse(readFileSync(options.file, 'utf8')) as Cora;
const graph = adjacency(cora.nodes, cora.edges);
const normalized = symmetricNormalized(graph);
const features = new Float32Array(cora.nodes * cora.features);
cora.featureIndices.forEach((own, node) => own.forEach((feature) => (features[node * cora.features + feature] = 1 / own.length)));
const x = tf.tensor2d(features, [cora.nodes, cora.features]);
const y = tf.tensor1d(Int32Array.from(cora.labels), 'int32');
const nodesOf = (nodes: readonly number[]): tf.Tensor1D => tf.tensor1d(Int32Array.from(nodes), 'int32');
const [train, validation, test] = [nodesOf(cora.train), nodesOf(cora.validation), nodesOf(cora.test)];

const recipes: Readonly<Record<string, Recipe>> = {
  gcn: {
    published: '81.5',
    learningRate: 0.01,
    epochs: 200,
    net: (key) => {
      const [a, b] = random.split(key, 2);
      return sequential([
        dropout(0.5),
        graphConv(cora.features, 16, { graph: normalized, activation: 'relu', bias: false, key: a }),
        dropout(0.5),
        graphConv(16, cora.classes, { graph: normalized, bias: false, key: b }),
      ]);
    },
    penalized: (name) => name === '1.weight',
    ends: (losses) => losses.length > 10 && losses.at(-1)! > mean(losses.slice(-11, -1)),
    best: false,
  },
  gat: {
    published: '83.0 ± 0.7',
    learningRate: 0.005,
    epochs: 300,
    net: (key) => {
      const [a, b] = random.split(key, 2);
      return sequential([
        dropout(0.6),
        graphAttention(cora.features, 8, { graph, heads: 8, attentionDropout: 0.6, activation: 'elu', key: a }),
        dropout(0.6),
        graphAttention(64, cora.classes, { graph, attentionDropout: 0.6, combine: 'mean', key: b }),
      ]);
    },
    penalized: (name) => !name.endsWith('bias'),
    ends: (losses) => losses.length > 100 && Math.min(...losses.slice(-100)) > Math.min(...losses),
    best: true,
  },
};

/** Cross-entropy and accuracy of some nodes. */
function evaluate(net: Layer, nodes: tf.Tensor1D): { loss: number; accuracy: number } {
  const [loss, accuracy] = tf.tidy(() => {
    const [logits, labels] = [tf.gather(net.apply(x), nodes), tf.gather(y, nodes)];
    return [softmaxCrossEntropy(logits, labels), tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32'))].map(
      (tensor) => tensor.dataSync()[0]!,
    ) as [number, number];
  });
  return { loss, accuracy };
}

function run({ learningRate, epochs, net: make, penalized, ends, best }: Recipe, seed: number): Result {
  const [forNet, forDropout] = random.split(random.key(seed), 2);
  const net = make(forNet);
  const penalties = Object.entries(net.variables).flatMap(([name, variable]) => (penalized(name) ? [variable] : []));
  const loss = (logits: tf.Tensor): tf.Tensor =>
    tf.addN([
      softmaxCrossEntropy(tf.gather(logits, train), tf.gather(y, train)),
      ...penalties.map((variable) => tf.mul(tf.sum(tf.square(variable)), 2.5e-4)),
    ]);
  const optimizer = adam({ learningRate });
  const state = optimizer.init(trainable(net));
  const losses: number[] = [];
  let chosen = { loss: Infinity, accuracy: 0 };
  while (losses.length < epochs && !ends(losses)) {
    trainStep(net, { x, y }, { optimizer, state, loss, key: random.fold(forDropout, losses.length) }).dispose();
    const seen = evaluate(net, validation).loss;
    losses.push(seen);
    if (best ? seen < chosen.loss : true) chosen = { loss: seen, accuracy: evaluate(net, test).accuracy };
  }
  disposeState(state);
  net.dispose();
  return { accuracy: Math.round(1000 * chosen.accuracy) / 1000, epochs: losses.length };
}

const journal = openJournal<Result>('cora', runtime, Number(options.minutes));
for (const model of options.models.split(',')) {
  const recipe = recipes[model]!;
  for (let seed = 0; seed < Number(options.seeds); seed++)
    await journal.add(`${model}, seed ${seed}`, () => Promise.resolve(run(recipe, seed)));
  const accuracies = [...journal.runs].flatMap(([name, { result }]) => (name.startsWith(`${model},`) ? [100 * result.accuracy] : []));
  if (accuracies.length > 0)
    console.log(
      `${model}: published ${recipe.published} %, ours ${mean(accuracies).toFixed(2)} ± ${deviation(accuracies).toFixed(2)} % (${accuracies.length} seeds)`,
    );
}
process.exit(0);

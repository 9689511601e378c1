/**
 * Papers of the Cora citation graph sorted into classes by graph attention (GAT), on the standard split of 140 / 500 / 1,000.
 *
 *   pnpm --filter @x/sparse reproduce:cora-attention [--file ../shared/data/cora.json] [--seeds 5] [--minutes 10] [--epochs 1000]
 *
 * As published: 8 heads of 8 units with elu, then one head of the classes; dropout 0.6 of both layers' inputs and of the
 * attentions; Adam 0.005, penalty 5e-4, Glorot's weights; features of sum 1 a paper. Training ends when for 100 epochs neither loss
 * nor accuracy of the validation papers has been better; the weights are those of when both were last at their best.
 * Runs in results/cora-attention.json are not done again.
 *
 * P. Veličković et al., "Graph Attention Networks", 2017, arXiv 1710.10903.
 */
import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { adam, disposeState, dropout, enable, random, sequential, trainable, trainStep } from '@x/tensor';
import { adjacency, graphAttention } from '../src/index.ts';
import { coraFile, crossEntropy, evaluate, loadCora } from './cora-nodes.ts';
import { openJournal } from './journal.ts';
import { deviation, mean } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    file: { type: 'string', default: coraFile },
    seeds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '10' },
    epochs: { type: 'string', default: '1000' },
  },
});
interface Result {
  readonly accuracy: number;
  readonly epochs: number;
}
const PATIENCE = 100;
const runtime = await enable({ threads: 1 });
await runtime.load('sparse');
const { cora, y, train, validation, test } = loadCora(options.file);
const graph = adjacency(cora.nodes, cora.edges);
const dense = new Float32Array(cora.nodes * cora.features);
cora.featureIndices.forEach((own, node) => own.forEach((word) => (dense[node * cora.features + word] = 1 / own.length)));
const x = tf.tensor2d(dense, [cora.nodes, cora.features]);

function run(seed: number): Result {
  const [a, b, forDropout] = random.split(random.key(seed), 3);
  const common = { graph, attentionDropout: 0.6 };
  const net = sequential([
    dropout(0.6),
    graphAttention(cora.features, 8, { ...common, heads: 8, activation: 'elu', key: a }),
    dropout(0.6),
    graphAttention(64, cora.classes, { ...common, key: b }),
  ]);
  const variables = trainable(net);
  const loss = (logits: tf.Tensor): tf.Tensor =>
    tf.addN([crossEntropy(logits, train), ...Object.values(variables).map((variable) => tf.mul(tf.sum(tf.square(variable)), 2.5e-4))]);
  const optimizer = adam({ learningRate: 0.005 });
  const state = optimizer.init(variables);
  let [least, most, accuracy, idle, epoch] = [Infinity, 0, 0, 0, 0];
  for (; epoch < Number(options.epochs) && idle < PATIENCE; epoch++) {
    trainStep(net, { x, y }, { optimizer, state, loss, key: random.fold(forDropout, epoch) }).dispose();
    const [now, then] = tf.tidy(() => {
      const logits = net.apply(x);
      return [evaluate(logits, validation), evaluate(logits, test)] as never;
    }) as unknown as [ReturnType<typeof evaluate>, ReturnType<typeof evaluate>];
    idle = now.loss <= least || now.accuracy >= most ? 0 : idle + 1;
    if (now.loss <= least && now.accuracy >= most) accuracy = then.accuracy;
    least = Math.min(least, now.loss);
    most = Math.max(most, now.accuracy);
  }
  disposeState(state);
  net.dispose();
  return { accuracy: Math.round(1000 * accuracy) / 1000, epochs: epoch };
}

const journal = openJournal<Result>('cora-attention', runtime, Number(options.minutes));
for (let seed = 0; seed < Number(options.seeds); seed++) await journal.add(`gat, seed ${seed}`, () => Promise.resolve(run(seed)));
const accuracies = [...journal.runs.values()].map(({ result }) => 100 * result.accuracy);
console.log(
  `gat: published 83.0 ± 0.7 %, ours ${mean(accuracies).toFixed(2)} ± ${deviation(accuracies).toFixed(2)} % (${accuracies.length} seeds)`,
);
process.exit(0);

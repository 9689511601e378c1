import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import {
  adamw,
  dense,
  disposeState,
  embeddingLayer,
  enable,
  layerNormLayer,
  positionalEmbedding,
  random,
  sequential,
  softmaxCrossEntropy,
  trainable,
  trainStep,
  transformerBlock,
  type Layer,
  type OptimizerState,
} from '../src/index.ts';
import { startTorch } from './torch.ts';
import { use } from './backend.ts';

const [BATCH, LENGTH, WIDTH, HEADS, BLOCKS, SYMBOLS] = [16, 64, 128, 8, 4, 65];

/** Products of the weights and of the scores, forward and twice backward. */
const flops = 3 * 2 * BATCH * LENGTH * (BLOCKS * (12 * WIDTH * WIDTH + 2 * LENGTH * WIDTH) + WIDTH * SYMBOLS);

/** The training step of a character transformer: 4 blocks of width 128, 8 heads, 64 characters, batch 16, AdamW; 818,241 parameters. */
export async function transformer(): Promise<Comparison[]> {
  const { threads } = await enable();
  const torch = await startTorch(1);
  const torchAll = await startTorch(threads);
  const result = await compare({
    name: 'training step, character transformer, 818,241 parameters, batch 16 x 64, AdamW',
    candidates: {
      'x, our layers and optimizer': ourProgram(),
      ...(torch ? { 'PyTorch, one thread': () => torch.transformer() } : {}),
      ...(torchAll ? { [`PyTorch, ${threads} threads`]: () => torchAll.transformer() } : {}),
    },
    flops,
    seconds: 4,
  });
  torch?.stop();
  torchAll?.stop();
  return [result];
}

function ourProgram(): Candidate {
  const optimizer = adamw({ learningRate: 1e-3 });
  let net: Layer;
  let state: OptimizerState;
  let ids: tf.Tensor;
  let targets: tf.Tensor;
  return {
    setup: async () => {
      await tf.setBackend('x');
      const keys = random.split(random.key(1), BLOCKS + 3);
      net = sequential([
        embeddingLayer(SYMBOLS, WIDTH, { key: keys[0]! }),
        positionalEmbedding(LENGTH, WIDTH, { key: keys[1]! }),
        ...Array.from({ length: BLOCKS }, (_, block) =>
          transformerBlock(WIDTH, { heads: HEADS, causal: true, activation: 'relu', key: keys[block + 3]! }),
        ),
        layerNormLayer(WIDTH),
        dense(WIDTH, SYMBOLS, { key: keys[2]! }),
      ]);
      const count = Object.values(trainable(net)).reduce((sum, { size }) => sum + size, 0);
      if (count !== 818_241) throw new Error(`the transformer has ${count} parameters, not 818,241`);
      state = optimizer.init(trainable(net));
      const symbols = (): tf.Tensor => tf.randomUniformInt([BATCH, LENGTH], 0, SYMBOLS);
      [ids, targets] = [symbols(), symbols()];
    },
    run: () => {
      use('x');
      const loss = (output: tf.Tensor, labels: tf.Tensor): tf.Tensor =>
        softmaxCrossEntropy(tf.reshape(output, [-1, SYMBOLS]), tf.reshape(labels, [-1]));
      trainStep(net, { x: ids, y: targets }, { optimizer, state, loss }).dispose();
    },
    teardown: () => {
      disposeState(state);
      net.dispose();
      tf.dispose([ids, targets]);
    },
  };
}

import * as tf from '@tensorflow/tfjs-core';
import { adamw, dense, disable, disposeState, enable, random, sequential, trainable, trainStep } from '@x/tensor';

/** Trains 200 steps on numbers that the seed decides, and says what it ran on. */
export async function train(options) {
  const { backend, tier, threads, limits } = await enable(options);
  const before = tf.memory().numTensors;
  const key = random.key(7);
  const net = sequential([
    dense(96, 256, { activation: 'relu', key: random.fold(key, 1) }),
    dense(256, 256, { activation: 'relu', key: random.fold(key, 2) }),
    dense(256, 10, { key: random.fold(key, 3) }),
  ]);
  const optimizer = adamw({ learningRate: 1e-3 });
  const state = optimizer.init(trainable(net));
  const x = random.normal(random.fold(key, 4), [128, 96]);
  const y = tf.tidy(() => tf.argMax(tf.slice(x, [0, 0], [-1, 10]), 1));
  const losses = [];
  for (let step = 0; step < 200; step++) {
    const loss = trainStep(net, { x, y }, { optimizer, state });
    losses.push((await loss.data())[0]);
    loss.dispose();
  }
  disposeState(state);
  net.dispose();
  tf.dispose([x, y]);
  const leaked = tf.memory().numTensors - before;
  return { backend, tier, threads, limits, losses, leaked };
}

export { disable };

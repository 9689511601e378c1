import * as tf from '@tensorflow/tfjs-core';
import {
  accumulate,
  adamw,
  averageWeights,
  batchNormLayer,
  chain,
  clipByGlobalNorm,
  conv2d,
  dense,
  disposeState,
  dropout,
  flatten,
  globalAveragePool,
  groupNormLayer,
  maxPool2d,
  random,
  residual,
  schedules,
  sequential,
  trainable,
  transformerBlock,
  trainStep,
  unflatten,
  type Runtime,
} from '../src/index.ts';

/** What memory holds after a step. */
export interface Sample {
  readonly step: number;
  readonly tensors: number;
  readonly bytes: number;
  /** Bytes of the heap in use, and of JavaScript's. */
  readonly heap: number;
  readonly javaScript: number;
  readonly loss: number;
}

export interface SoakOptions {
  /** Steps between two samples. */
  readonly every: number;
  readonly onSample?: (sample: Sample) => void;
}

/**
 * Trains a small network of many kinds of layers, with an optimizer of many parts, and looks at memory now and then.
 *
 * Constant: each sample has as many tensors and bytes, of tensors and of the heap, as the first.
 */
export function soak(
  steps: number,
  runtime: Runtime,
  { every, onSample = () => {} }: SoakOptions,
): { constant: boolean; samples: Sample[] } {
  const [first, second, third, fourth] = random.split(random.key(1), 4);
  const net = sequential(
    [
      unflatten([12, 12, 1]),
      conv2d(1, 8, 3, { key: first, activation: 'relu', padding: 'same' }),
      batchNormLayer(8),
      maxPool2d(2),
      residual([conv2d(8, 8, 3, { key: second, padding: 'same' }), groupNormLayer(8, { groups: 2 }), dropout(0.2)]),
      unflatten([36, 8]),
      transformerBlock(8, { key: third, heads: 2, causal: true, dropout: 0.1 }),
      globalAveragePool(),
      flatten(),
      dense(8, 4, { key: fourth }),
    ],
    { checkpoint: { segments: 3 } },
  );
  const optimizer = averageWeights(
    accumulate(chain(clipByGlobalNorm(1), adamw({ learningRate: schedules.warmUp(schedules.cosine(3e-3, steps), 50) })), 2),
  );
  const state = optimizer.init(trainable(net));
  const samples: Sample[] = [];
  try {
    for (let step = 1; step <= steps; step++) {
      const key = random.fold(random.key(2), step);
      const [x, y] = tf.tidy(() => {
        const labels = tf.cast(random.uniform(key, [16], { max: 4 }), 'int32');
        return [tf.add(random.normal(random.fold(key, 1), [16, 144]), tf.reshape(tf.cast(labels, 'float32'), [16, 1])), labels] as const;
      });
      const loss = trainStep(net, { x, y }, { optimizer, state, key });
      if (step % every === 0) {
        const [value] = loss.dataSync();
        tf.dispose([x, y, loss]);
        (globalThis as { gc?: () => void }).gc?.();
        const { numTensors: tensors, numBytes: bytes } = tf.memory();
        const sample = { step, tensors, bytes, heap: runtime.memory().used, javaScript: process.memoryUsage().heapUsed, loss: value! };
        samples.push(sample);
        onSample(sample);
      } else tf.dispose([x, y, loss]);
    }
  } finally {
    disposeState(state);
    net.dispose();
  }
  const [before] = samples;
  const constant = samples.every(
    ({ tensors, bytes, heap }) => tensors === before!.tensors && bytes === before!.bytes && heap === before!.heap,
  );
  return { constant, samples };
}

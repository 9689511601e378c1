import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  attention,
  averagePool2d,
  batchNormLayer,
  conv1d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  embeddingLayer,
  globalAveragePool,
  globalMaxPool,
  groupNormLayer,
  layerNormLayer,
  maxPool2d,
  random,
  rmsNormLayer,
  type Layer,
} from '../../src/index.ts';
import { gru, lstm } from '../../src/recurrent.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

const makers = {
  attention,
  averagePool2d,
  batchNormLayer,
  conv1d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  embeddingLayer,
  globalAveragePool,
  globalMaxPool,
  groupNormLayer,
  gru,
  layerNormLayer,
  lstm,
  maxPool2d,
  rmsNormLayer,
};

type Numbers = tf.TensorLike;

interface Row {
  readonly name: string;
  readonly layer: keyof typeof makers;
  readonly arguments: unknown[];
  /** None where the layer takes none. */
  readonly options: object | null;
  readonly x: Numbers;
  readonly variables: Record<string, Numbers>;
  readonly y: Numbers;
  readonly dy: Numbers;
  readonly gradients: Record<string, Numbers>;
  /** Running statistics after a training step. */
  readonly after?: Record<string, Numbers>;
  readonly training?: boolean;
}

const { rows } = golden<{ rows: Row[] }>('layers');
const key = random.key(0);

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  // Sums of up to 36 products of numbers around 1, rounded to 2^-24 each.
  test.each(rows)("$name: outputs and gradients are PyTorch's, rtol 2e-5, atol 4e-6", (row) => {
    const tolerance = { rtol: 2e-5, atol: 4e-6 };
    const make = makers[row.layer] as (...given: unknown[]) => Layer;
    const layer = make(...row.arguments, ...(row.options ? [{ key, ...row.options }] : []));
    const { memory, ...variables } = row.variables;
    tf.tidy(() => {
      for (const [name, value] of Object.entries(variables)) layer.variables[name]!.assign(tf.tensor(value));
      const x = tf.tensor(row.x, undefined, row.layer === 'embeddingLayer' ? 'int32' : 'float32');
      const heard = memory ? tf.tensor(memory) : undefined;
      const leaves: Record<string, tf.Tensor> = {
        ...(x.dtype === 'float32' ? { x } : {}),
        ...(heard ? { memory: heard } : {}),
        ...Object.fromEntries(Object.entries(layer.variables).filter(([, { trainable }]) => trainable)),
      };
      const context = { training: row.training ?? true, ...(heard ? { memory: heard } : {}) };
      const y = layer.apply(x, { ...context, recomputing: true });
      expect(y).toBeAllclose(tf.tensor(row.y), tolerance);
      const gradients = tf.grads(() => layer.apply(x, context))(Object.values(leaves), tf.tensor(row.dy));
      expect(Object.keys(leaves).toSorted()).toEqual(Object.keys(row.gradients).toSorted());
      Object.keys(leaves).forEach((name, index) => {
        expect(gradients[index]!).toBeAllclose(tf.tensor(row.gradients[name]!), tolerance);
      });
      for (const [name, value] of Object.entries(row.after ?? {})) expect(layer.variables[name]!).toBeAllclose(tf.tensor(value), tolerance);
    });
    layer.dispose();
  });
});

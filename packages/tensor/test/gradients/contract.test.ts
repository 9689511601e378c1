import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerGradients } from '../../src/gradients/register.ts';
import { backends, useBackend } from './backends.ts';
import { differences } from './finite-differences.ts';
import { type Row, uniform } from './row.ts';
import { rows } from './rows/index.ts';

registerGradients();

const tensors = (row: Row): Tensor[] => row.inputs.map(({ shape, values }) => tf.tensor(values.slice(), shape));

function gradients(row: Row, dy: (shape: number[]) => Tensor): Tensor[] {
  return tf.tidy(() => {
    const inputs = tensors(row);
    const upstream = dy(row.op(...inputs).shape);
    return row.backward ? row.backward(inputs, upstream) : tf.grads(row.op)(inputs, upstream);
  });
}

describe.each(backends)('gradients on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each([...Map.groupBy(rows, ({ kernel }) => kernel)])('%s', (_, ofKernel) => {
    test.each(ofKernel.map((row) => [row.name, row] as const))(
      '%s: equals finite differences up to rounding, float32, no tensor left over',
      async (_name, row) => {
        const shape = tf.tidy(() => row.op(...tensors(row)).shape);
        const { values: weights } = uniform(shape, 0.5, 2, 9);
        const before = tf.memory().numTensors;
        const dxs = gradients(row, (s) => tf.tensor(weights.slice(), s));
        expect(tf.memory().numTensors - before).toBe(row.inputs.length);
        for (const [k, dx] of dxs.entries()) {
          const input = row.inputs[k];
          expect(dx.dtype).toBe('float32');
          expect(dx.shape).toEqual(input?.shape);
          const found = await dx.data();
          const expected = differences(row.surrogate ?? row.op, row.inputs, weights, k);
          const wrong = expected.flatMap(({ value, tolerance }, i) =>
            Math.abs((found[i] ?? NaN) - value) <= tolerance
              ? []
              : [`input ${k}, element ${i}: ${found[i]}, by differences ${value}, tolerance ${tolerance}`],
          );
          expect(wrong.join('\n')).toBe('');
        }
        tf.dispose(dxs);
        expect(tf.memory().numTensors).toBe(before);
        if (!row.backward) {
          const { kernelNames } = await tf.profile(() => tf.tidy(() => void row.op(...tensors(row))));
          expect(kernelNames).toContain(row.kernel);
        }
      },
    );
  });
});

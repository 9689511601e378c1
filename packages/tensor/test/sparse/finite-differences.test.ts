import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import * as sparse from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { differences } from '../gradients/finite-differences.ts';
import { any, type Input, nonZero, uniform } from '../gradients/row.ts';
import { sparseMatrix } from './matrices.ts';

interface Row {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** The operation, over patterns made for it; a test disposes those afterwards. */
  readonly make: () => { readonly op: (...inputs: Tensor[]) => Tensor; readonly dispose: () => void };
}

const [ROWS, COLUMNS, BATCH] = [9, 13, 5];
const { pointers, indices } = sparseMatrix(ROWS, COLUMNS, 0.4, 3);
const onPattern = (op: (pattern: sparse.CsrPattern) => (...inputs: Tensor[]) => Tensor) => (): ReturnType<Row['make']> => {
  const pattern = sparse.csrPattern(ROWS, COLUMNS, pointers, indices);
  return { op: op(pattern), dispose: () => pattern.dispose() };
};
/** Two of four in each group of columns. */
const twoOfFour = (): sparse.CsrPattern =>
  sparse.csrPattern(
    4,
    8,
    Int32Array.of(0, 4, 8, 12, 16),
    Int32Array.from({ length: 16 }, (_, i) => ((i >> 1) & 1) * 4 + (i & 1) * 2 + ((i >> 2) & 1)),
  );
const grid = sparseMatrix(2, 3, 0.7, 5);

const rows: readonly Row[] = [
  ...(['linear', 'tanh', 'gelu'] as const).map((activation): Row => ({
    name: `csrLinear, ${activation}`,
    inputs: [uniform([BATCH, COLUMNS], -0.5, 0.5), uniform([indices.length], -0.5, 0.5, 2), uniform([ROWS], -0.5, 0.5, 3)],
    make: onPattern((pattern) => (x, values, bias) => sparse.csrLinear(x!, values!, pattern, bias, { activation })),
  })),
  {
    name: 'csrLinear, two of four',
    inputs: [any([BATCH, 8]), any([16], 2), any([4], 3)],
    make: () => {
      const pattern = twoOfFour();
      return { op: (x, values, bias) => sparse.csrLinear(x!, values!, pattern, bias), dispose: () => pattern.dispose() };
    },
  },
  ...(
    [
      [4, 4],
      [4, 1],
      [1, 4],
      [3, 2],
    ] as const
  ).map((block): Row => {
    const [height, width] = block;
    return {
      name: `bsrLinear, blocks of ${height}x${width}`,
      inputs: [any([BATCH, 3 * width]), any([grid.indices.length * height * width], 2), any([2 * height], 3)],
      make: () => {
        const pattern = sparse.bsrPattern(2 * height, 3 * width, block, grid.pointers, grid.indices);
        return { op: (x, values, bias) => sparse.bsrLinear(x!, values!, pattern, bias), dispose: () => pattern.dispose() };
      },
    };
  }),
  {
    name: 'csrDividedLinear, all of it trained',
    inputs: [any([BATCH, COLUMNS]), any([indices.length], 2), any([ROWS], 3)],
    make: () => {
      const pattern = sparse.csrPattern(ROWS, COLUMNS, pointers, indices);
      const all = new Uint8Array(indices.length).fill(1);
      const division = sparse.divideCsr(pattern, indices.length, all, all);
      return {
        op: (x, values, bias) => sparse.csrDividedLinear(x!, values!, division, bias),
        dispose: () => {
          division.dispose();
          pattern.dispose();
        },
      };
    },
  },
  {
    name: 'csrMatMul',
    inputs: [any([BATCH, ROWS]), any([indices.length], 2)],
    make: onPattern((pattern) => (x, values) => sparse.csrMatMul(x!, values!, pattern)),
  },
  {
    name: 'csrSampledMatMul',
    inputs: [any([BATCH, ROWS]), any([BATCH, COLUMNS], 2)],
    make: onPattern((pattern) => (a, b) => sparse.csrSampledMatMul(a!, b!, pattern)),
  },
  {
    name: 'csrToDense',
    inputs: [any([indices.length])],
    make: onPattern((pattern) => (values) => sparse.csrToDense(values!, pattern)),
  },
  {
    name: 'activeLinear',
    inputs: [nonZero([2, 6]), any([6, 4], 2), any([4], 3)],
    make: () => ({ op: (x, weight, bias) => sparse.activeLinear(x!, weight!, bias), dispose: () => {} }),
  },
];

describe.each(backends)('gradients of sparse products on %s', (name) => {
  beforeAll(async () => {
    await useBackend(name);
    if (name !== 'cpu') await (await enable()).load('sparse');
  });
  afterAll(disable);

  test.each(rows.map((row) => [row.name, row] as const))('%s: equals finite differences up to rounding, no tensor left over', (_, row) => {
    const before = tf.memory().numTensors;
    const { op, dispose } = row.make();
    const inputs = row.inputs.map(({ shape, values }) => tf.tensor(values.slice(), shape));
    const shape = tf.tidy(() => op(...inputs).shape);
    const { values: weights } = uniform(shape, 0.5, 2, 9);
    const gradients = tf.tidy(() => tf.grads(op)(inputs, tf.tensor(weights.slice(), shape)));
    for (const [k, gradient] of gradients.entries()) {
      expect(gradient.shape).toEqual(row.inputs[k]!.shape);
      const found = gradient.dataSync();
      const wrong = differences(op, row.inputs, weights, k).flatMap(({ value, tolerance }, i) =>
        Math.abs(found[i]! - value) <= tolerance
          ? []
          : [`input ${k}, element ${i}: ${found[i]}, by differences ${value}, tolerance ${tolerance}`],
      );
      expect(wrong.join('\n')).toBe('');
    }
    tf.dispose([...inputs, ...gradients]);
    dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

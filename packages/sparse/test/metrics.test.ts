import * as tf from '@tensorflow/tfjs-core';
import { dense, random, sequential, sgd, trainable, trainStep } from '@x/tensor';
import { csrPattern } from '@x/tensor/sparse';
import { beforeAll, expect, test } from 'vitest';
import {
  degrees,
  exploration,
  inputStrength,
  set,
  sparseLayers,
  sparseLinear,
  sparsityReport,
  strongestInputs,
  trainingFlops,
  withTopology,
} from '../src/index.ts';
import { useBackend } from './backends.ts';

beforeAll(() => useBackend('cpu'));
const key = random.key(1);

test('sparsityReport counts what is there', () => {
  // x . x / . . . / . . x: input 1 and unit 1 are dead.
  const pattern = csrPattern(3, 3, Int32Array.of(0, 2, 2, 3), Int32Array.of(0, 2, 2));
  const net = sequential([
    sparseLinear(3, 3, { pattern, key }),
    sparseLinear(3, 2, { density: 1, bias: false, key }),
    dense(2, 2, { key }),
  ]);
  expect(degrees(pattern)).toEqual({ inDegrees: Int32Array.of(2, 0, 1), outDegrees: Int32Array.of(1, 0, 2) });
  expect(sparsityReport(net)).toEqual({
    layers: [
      { name: '0.values', inputs: 3, units: 3, nonZeros: 3, density: 1 / 3, bytes: 4 * (6 + 4 + 3), flops: 6, deadInputs: 1, deadUnits: 1 },
      { name: '1.values', inputs: 3, units: 2, nonZeros: 6, density: 1, bytes: 4 * (12 + 3), flops: 12, deadInputs: 0, deadUnits: 0 },
    ],
    ...{ nonZeros: 9, density: 9 / 15, bytes: 112, flops: 18, denseFlops: 30 },
  });
  net.dispose();
});

test('sparsityReport counts layers of blocks, which have no topology to change', () => {
  // 4 of 4 x 6 blocks of 2 x 3; a network of only such a layer has no sparseLayers.
  const layer = sparseLinear(18, 8, { density: 4 / 24, block: [2, 3], key });
  const { grid } = layer.pattern;
  const { inDegrees, outDegrees } = degrees(grid);
  const [deadRows, deadColumns] = [inDegrees, outDegrees].map((of) => of.filter((degree) => degree === 0).length) as [number, number];
  const { layers, ...whole } = sparsityReport(layer);
  expect(layers).toEqual([
    {
      ...{ name: 'values', inputs: 18, units: 8, nonZeros: 24, density: 24 / 144, flops: 48 },
      bytes: 4 * (24 + 4 + 5 + 8),
      deadInputs: 3 * deadColumns,
      deadUnits: 2 * deadRows,
    },
  ]);
  expect(whole).toEqual({ nonZeros: 24, density: 24 / 144, bytes: 164, flops: 48, denseFlops: 288 });
  expect(() => sparseLayers(layer)).toThrow(/no sparse layer whose topology may change/);
  expect(() => sparsityReport(dense(2, 2, { key }))).toThrow(/sparsityReport: the network of kind 'dense' has no sparse layer;/);
  layer.dispose();
});

test('trainingFlops: RigL’s formulas', () => {
  const of = { sparse: 10, dense: 100 };
  expect([trainingFlops('dense', of), trainingFlops('static', of), trainingFlops('set', of), trainingFlops('snfs', of)]).toEqual([
    300, 30, 30, 120,
  ]);
  expect(trainingFlops('rigl', { ...of, every: 100 })).toBe((3000 + 20 + 100) / 101);
  expect(trainingFlops('pruning', { ...of, sparsities: [0, 0.5, 1] })).toBe(150);
  expect(trainingFlops('topKast', { ...of, backward: 20 })).toBe(40);
  expect(() => trainingFlops('topKast', of)).toThrow(/backward is undefined/);
  expect(() => trainingFlops('rigl', of)).toThrow(/every is undefined/);
  expect(() => trainingFlops('pruning', of)).toThrow(/sparsities is undefined/);
  expect(() => trainingFlops('adam' as never, of)).toThrow(/method is "adam"/);
});

test('exploration: the part of all positions that was ever a non-zero', () => {
  const layer = sparseLinear(20, 10, { density: 0.2, key });
  const optimizer = withTopology(layer, set({ every: 1, fraction: 0.5 }), sgd(), { key });
  const state = optimizer.init(trainable(layer));
  const followed = exploration(layer);
  expect(followed.rate).toBe(0.2);
  const ever = new Set<number>();
  const note = (): void => {
    const { pointers, indices } = sparseLayers(layer)[0]!.layer.pattern;
    for (let row = 0; row < 10; row++) for (let q = pointers[row]!; q < pointers[row + 1]!; q++) ever.add(row * 20 + indices[q]!);
  };
  note();
  const [x, y] = [random.normal(key, [4, 20]), tf.tensor1d(Int32Array.of(0, 1, 2, 3), 'int32')];
  for (let step = 0; step < 8; step++) {
    trainStep(layer, { x, y }, { optimizer, state }).dispose();
    followed.observe();
    note();
    expect(followed.rate).toBe(ever.size / 200);
  }
  expect(followed.rate).toBeGreaterThan(0.4);
  layer.dispose();
  tf.dispose([x, y]);
});

test('strongestInputs: those with the largest sums of |w|, the earlier of equal ones first', () => {
  const pattern = csrPattern(2, 4, Int32Array.of(0, 3, 5), Int32Array.of(0, 1, 3, 1, 3));
  const net = sequential([sparseLinear(4, 2, { pattern, init: () => Float32Array.of(1, -2, 1.5, 1, -1.5), key })]);
  expect([...inputStrength(net)]).toEqual([1, 3, 0, 3]);
  expect([...strongestInputs(net, 3)]).toEqual([1, 3, 0]);
  expect(() => strongestInputs(net, 5)).toThrow(/count is 5/);
  net.dispose();
});

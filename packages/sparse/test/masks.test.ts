import { expect, test } from 'vitest';
import { blockMask, nmMask } from '../src/index.ts';

// JaxPruner's test values.
test('nmMask: two of every four; of equal scores the later', () => {
  const scores = Float32Array.of(0.69, 0.37, 0.96, 0.81, 0.79, 0.55, 0.88, 0.53, 0.66, 0.88, 0.4, 0.83, 0.13, 0.8, 0.91, 0.96);
  expect([...nmMask(scores, 2, 4)]).toEqual([0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1]);
  expect([...nmMask(new Float32Array(8).fill(1), 2, 4)]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  expect([...nmMask(scores, 4, 4)]).toEqual(new Array(16).fill(1));
  expect(() => nmMask(scores, 2, 5)).toThrow(/16 scores, but they must be a multiple of m, 5/);
  expect(() => nmMask(scores, 5, 4)).toThrow(/n is 5/);
});

test('blockMask: whole blocks by mean or greatest, smaller ones at the edge', () => {
  const scores = Float32Array.of(0.69, 0.37, 0.96, 0.81, 0.79, 0.55, 0.88, 0.53);
  const mask = (pool: 'avg' | 'max'): number[] => [...blockMask(scores, [1, 8], 0.2, { block: [1, 3], pool })];
  expect(mask('avg')).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  expect(mask('max')).toEqual([1, 1, 1, 0, 0, 0, 1, 1]);
  expect([...blockMask(scores, [2, 4], 0.5, { block: [2, 2] })]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
});

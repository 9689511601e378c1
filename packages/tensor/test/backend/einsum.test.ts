import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, test } from 'vitest';
import { disable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const ramp = (shape: number[], dtype: tf.NumericDataType = 'float32'): Tensor =>
  tf.cast(tf.reshape(tf.tensor1d(Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 7) % 11) - 5)), shape), dtype);

const equations: readonly (readonly [equation: string, ...shapes: number[][]])[] = [
  ['i->', [4]],
  ['ij->j', [3, 4]],
  ['ijk->kj', [2, 3, 4]],
  ['i,i->', [5], [5]],
  ['i,j->ij', [3], [4]],
  ['ij,jk->ik', [2, 3], [3, 4]],
  ['ji,jk->ki', [2, 3], [2, 4]],
  ['ij,kj->ik', [2, 3], [4, 3]],
  ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
  ['bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5]],
  ['bqhd,bkhd->bhqk', [2, 4, 3, 5], [2, 6, 3, 5]],
  ['bse,hde->bshd', [2, 3, 4], [2, 5, 4]],
  ['ijk,jil->kl', [2, 3, 4], [3, 2, 5]],
  ['ij,jk->i', [2, 3], [3, 4]],
  ['ij,ij->ij', [2, 3], [2, 3]],
];

test.for(equations)('einsum %s: as on the cpu backend', ([equation, ...shapes]) =>
  expectAsOnCpu(() => tf.einsum(equation, ...shapes.map((shape) => ramp(shape)))),
);

test('einsum of int32: as on the cpu backend', () =>
  expectAsOnCpu(() => tf.einsum('ij,jk->ki', ramp([2, 3], 'int32'), ramp([3, 4], 'int32'))));

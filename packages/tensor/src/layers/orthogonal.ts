import { tensor, util } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, checkShape } from '../ops/arguments.ts';
import { checkKey } from '../random/key.ts';
import { normals } from '../random/normal.ts';
import type { Initializer } from './initializer.ts';

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`. Axes before the last are taken
 * together as rows. Uniform over all such matrices: normal numbers, made orthonormal in double precision.
 *
 * Costs rows · columns · min(rows, columns) operations on the calling thread: about a second for 1024 x 1024.
 *
 * A. M. Saxe, J. L. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
 * neural networks", 2013, arXiv 1312.6120.
 *
 * @throws {RangeError} if the shape has fewer than two axes.
 */
export function orthogonal(options: { readonly gain?: number } = {}): Initializer {
  const { gain = 1 } = checkOptions('orthogonal', options);
  checkNumber('orthogonal', 'gain', gain);
  return (shape, key) => {
    checkKey('orthogonal', key);
    checkShape('orthogonal', 'shape', shape);
    if (shape.length < 2) throw new RangeError(`orthogonal: shape is [${shape.join(', ')}], but must have at least two axes.`);
    const columns = shape.at(-1) as number;
    const rows = util.sizeFromShape(shape.slice(0, -1));
    const count = Math.min(rows, columns);
    const length = Math.max(rows, columns);
    const vectors = Array.from({ length: count }, (_, index) => normals(key, length, index * Math.ceil(length / 4) * 4));
    orthonormalise(vectors);
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const [vector, at] = rows <= columns ? [row, column] : [column, row];
        values[row * columns + column] = gain * ((vectors[vector] as Float64Array)[at] as number);
      }
    return tensor(values, [...shape]);
  };
}

/** Gram and Schmidt's method in place, each vector freed twice of those before it, because once leaves rounding errors. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, index) => {
    for (let pass = 0; pass < 2; pass++) for (let before = 0; before < index; before++) remove(vector, vectors[before] as Float64Array);
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / norm;
  });
}

function remove(from: Float64Array, direction: Float64Array): void {
  const part = dot(from, direction);
  for (let i = 0; i < from.length; i++) from[i] = (from[i] as number) - part * (direction[i] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

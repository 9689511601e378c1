import type { Tensor } from '@tensorflow/tfjs-core';
import type { Draw } from './draw.ts';

/** A tensor as plain data. */
export interface Input {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** A few operations of tfjs on given tensors, and the same in PyTorch. */
export interface Program {
  /** What it does, to be read. */
  readonly text: string;
  readonly inputs: readonly Input[];
  run(inputs: readonly Tensor[]): Tensor | readonly Tensor[];
  /** An expression of `x`, the list of inputs, `torch`, `F` and `np`; without one it's compared with tfjs's cpu backend alone. */
  readonly torch?: string;
  /** Whether the gradients of the sum of its outputs, each element times a number, are compared. Default false. */
  readonly gradient?: boolean;
  /** Allowed difference in units of the output's largest value. */
  readonly tolerance?: number;
}

export type Family = (draw: Draw) => Program;

export type Values = 'normal' | 'special' | 'positive' | 'distinct' | 'unit';

/** Sizes of up to `most` axes, small, at times 0 or 1. */
export function shape(draw: Draw, least: number, most: number, { empty = true } = {}): number[] {
  const rank = draw.whole(least, most);
  const largest = rank > 4 ? 3 : rank > 2 ? 6 : draw.of([8, 40, 70]);
  return Array.from({ length: rank }, () => (empty && draw.chance(0.03) ? 0 : draw.chance(0.2) ? 1 : draw.whole(1, largest)));
}

export function size(sizes: readonly number[]): number {
  return sizes.reduce((product, each) => product * each, 1);
}

const specials = [0, -0, NaN, Infinity, -Infinity, 1e-40, -1e-45, 3.4e38, -3.4e38, 1, -1, 0.5, 2 ** 24 + 2, 2 ** 31, -(2 ** 31), 1e-20];
const edges = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65_536, -65_537, 46_341, 7, -7];

export function floats(draw: Draw, sizes: readonly number[], values: Values = 'normal'): Input {
  const count = size(sizes);
  const order = values === 'distinct' ? draw.order(count) : [];
  const data = Float32Array.from({ length: count }, (_, i) => {
    switch (values) {
      case 'special':
        return draw.chance(0.2) ? draw.of(specials) : draw.normal() * draw.of([1, 1, 10, 1e-3]);
      case 'positive':
        return Math.abs(draw.normal()) + 0.1;
      case 'unit':
        return draw.unit() * 1.8 - 0.9;
      case 'distinct':
        return (order[i]! - count / 2) * 0.37 + 0.11;
      default:
        return draw.normal();
    }
  });
  return { shape: sizes, dtype: 'float32', values: data };
}

export function ints(draw: Draw, sizes: readonly number[], least = -9, most = 9, special = false): Input {
  return {
    shape: sizes,
    dtype: 'int32',
    values: Int32Array.from({ length: size(sizes) }, () => (special && draw.chance(0.4) ? draw.of(edges) : draw.whole(least, most))),
  };
}

export function bools(draw: Draw, sizes: readonly number[]): Input {
  return { shape: sizes, dtype: 'bool', values: Uint8Array.from({ length: size(sizes) }, () => draw.whole(0, 1)) };
}

/** A shape that broadcasts against another. */
export function broadcastable(draw: Draw, sizes: readonly number[]): number[] {
  const kept = sizes.slice(draw.chance(0.3) ? draw.whole(0, sizes.length) : 0);
  return kept.map((each) => (draw.chance(0.3) ? 1 : each));
}

export function describeInput({ shape: sizes, dtype }: Input): string {
  return `${dtype}[${sizes.join(',')}]`;
}

export const py = (value: unknown): string => JSON.stringify(value).replaceAll('true', 'True').replaceAll('false', 'False');

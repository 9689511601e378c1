import * as tf from '@tensorflow/tfjs-core';
import { any } from '../row.ts';
import type { Row } from '../row.ts';

const permutations3 = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** Uses all pieces differently, so that swapped gradients show. */
const weigh = (pieces: tf.Tensor[]): tf.Tensor => tf.addN(pieces.map((piece, i) => tf.sum(tf.mul(tf.square(piece), i + 1))));

export const shapeRows: Row[] = [
  { kernel: tf.Reshape, name: 'any', inputs: [any([2, 6])], op: (x) => tf.reshape(x, [3, 4]) },
  { kernel: tf.ExpandDims, name: 'middle', inputs: [any([2, 3])], op: (x) => tf.expandDims(x, 1) },
  ...permutations3.map((perm): Row => ({
    kernel: tf.Transpose,
    name: `perm ${perm.join()}`,
    inputs: [any([2, 3, 4])],
    op: (x) => tf.transpose(x, perm),
  })),
  { kernel: tf.Transpose, name: 'four axes', inputs: [any([2, 3, 1, 2])], op: (x) => tf.transpose(x, [2, 0, 3, 1]) },
  ...[[0], [1], [-1], [0, 2], [0, 1, 2]].map((dims): Row => ({
    kernel: tf.Reverse,
    name: `axes ${dims.join()}`,
    inputs: [any([2, 3, 2])],
    op: (x) => tf.reverse(x, dims),
  })),
  ...[
    [1, 1, 1],
    [2, 1, 1],
    [1, 3, 1],
    [1, 1, 2],
    [2, 3, 2],
  ].map((reps): Row => ({
    kernel: tf.Tile,
    name: `reps ${reps.join()}`,
    inputs: [any([2, 1, 3])],
    op: (x) => tf.tile(x, reps),
  })),
  { kernel: tf.Tile, name: 'five axes', inputs: [any([2, 1, 2, 1, 2])], op: (x) => tf.tile(x, [1, 2, 2, 1, 2]) },
  { kernel: tf.Tile, name: 'by broadcastTo', inputs: [any([3, 1])], op: (x) => tf.broadcastTo(x, [2, 3, 4]) },
  {
    // tf.broadcastTo runs Tile, and no backend has this kernel: its rule is called by hand.
    kernel: tf.BroadcastTo,
    name: 'by hand',
    inputs: [any([3, 1])],
    op: (x) => tf.broadcastTo(x, [2, 3, 4]),
    backward: ([x], dy) => {
      const gradients = tf.getGradient(tf.BroadcastTo).gradFunc(dy, [x as tf.Tensor], { shape: [2, 3, 4] });
      return [(gradients['x'] as () => tf.Tensor)()];
    },
  },
  ...[0, 1, -1].map((axis): Row => ({
    kernel: tf.Concat,
    name: `axis ${axis}`,
    inputs: [any([2, 3, 2], 1), any([2, 3, 2], 2), any([2, 3, 2], 3)],
    op: (...xs) => tf.concat(xs, axis),
  })),
  {
    kernel: tf.Concat,
    name: 'unequal lengths',
    inputs: [any([2, 1], 1), any([2, 3], 2), any([2, 2], 3)],
    op: (...xs) => tf.concat(xs, 1),
  },
  { kernel: tf.Concat, name: 'one tensor twice', inputs: [any([2, 2])], op: (x) => tf.concat([x, x], 1) },
  ...[0, 1, 2].map((axis): Row => ({
    kernel: tf.Pack,
    name: `axis ${axis}`,
    inputs: [any([2, 3], 1), any([2, 3], 2)],
    op: (...xs) => tf.stack(xs, axis),
  })),
  { kernel: tf.SplitV, name: 'equal pieces', inputs: [any([2, 4])], op: (x) => weigh(tf.split(x, 2, 1)) },
  { kernel: tf.SplitV, name: 'unequal pieces', inputs: [any([5, 2])], op: (x) => weigh(tf.split(x, [1, 4], 0)) },
  { kernel: tf.SplitV, name: 'one piece', inputs: [any([2, 2])], op: (x) => weigh(tf.split(x, 1, 1)) },
  {
    kernel: tf.SplitV,
    name: 'one piece of two used',
    inputs: [any([2, 4])],
    op: (x) => tf.square(tf.split(x, 2, 1)[1] as tf.Tensor),
  },
  ...[0, 1, -1].map((axis): Row => ({
    kernel: tf.Unpack,
    name: `axis ${axis}`,
    inputs: [any([2, 3])],
    op: (x) => weigh(tf.unstack(x, axis)),
  })),
  { kernel: tf.Unpack, name: 'one piece', inputs: [any([1, 3])], op: (x) => weigh(tf.unstack(x, 0)) },
  { kernel: tf.Slice, name: 'inside', inputs: [any([3, 4])], op: (x) => tf.slice(x, [1, 1], [1, 2]) },
  { kernel: tf.Slice, name: 'to the end', inputs: [any([3, 4])], op: (x) => tf.slice(x, [1, 2], [-1, -1]) },
  { kernel: tf.Slice, name: 'leading axis only', inputs: [any([3, 2, 2])], op: (x) => tf.slice(x, 1) },
  { kernel: tf.Slice, name: 'everything', inputs: [any([3])], op: (x) => tf.slice(x, 0, 3) },
  {
    kernel: tf.PadV2,
    name: 'two axes',
    inputs: [any([2, 3])],
    op: (x) =>
      tf.pad(
        x,
        [
          [1, 0],
          [2, 1],
        ],
        5,
      ),
  },
  ...(['reflect', 'symmetric'] as const).flatMap((mode) => [
    {
      kernel: tf.MirrorPad,
      name: `${mode}, one axis`,
      inputs: [any([3])],
      op: (x: tf.Tensor) => tf.mirrorPad(x, [[2, 1]], mode),
    },
    {
      kernel: tf.MirrorPad,
      name: `${mode}, two of three axes`,
      inputs: [any([3, 2, 4])],
      op: (x: tf.Tensor) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 0],
            [0, 3],
          ],
          mode,
        ),
    },
    {
      kernel: tf.MirrorPad,
      name: `${mode}, nothing`,
      inputs: [any([3])],
      op: (x: tf.Tensor) => tf.mirrorPad(x, [[0, 0]], mode),
    },
  ]),
  {
    kernel: tf.SpaceToBatchND,
    name: 'padded',
    inputs: [any([1, 3, 4, 2])],
    op: (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 2],
        ],
      ),
  },
  {
    kernel: tf.BatchToSpaceND,
    name: 'cropped',
    inputs: [any([4, 2, 3, 1])],
    op: (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
  },
];

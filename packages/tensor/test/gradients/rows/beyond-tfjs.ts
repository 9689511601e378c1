import * as tf from '@tensorflow/tfjs-core';
import { any, distinct, exactly, nonZero } from '../row.ts';
import type { Row } from '../row.ts';

const int = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, 'int32');

type Span = [name: string, shape: number[], begin: number[], end: number[], strides: number[], masks: number[]];

/** Masks in the order begin, end, ellipsis, new axis, shrink axis. */
const spans: Span[] = [
  ['strides of 2 and 1', [5, 3], [0, 1], [5, 3], [2, 1], []],
  ['an end between two steps', [7], [1], [6], [3], []],
  ['a negative stride', [6], [5], [0], [-2], []],
  ['all reversed, masked ends', [4, 3], [0, 0], [0, 0], [-1, -1], [3, 3]],
  ['a shrunk axis', [3, 4], [1, 0], [2, 4], [1, 1], [0, 0, 0, 0, 1]],
  ['a new axis', [3, 4], [0, 0, 1], [0, 3, 4], [1, 2, 2], [0, 0, 0, 1, 0]],
  ['an ellipsis', [2, 3, 4], [0, 1], [0, 4], [1, 2], [0, 0, 1]],
  ['everything', [2, 2], [0, 0], [2, 2], [1, 1], []],
];

const equations: [string, number[][]][] = [
  [
    'ij,jk->ik',
    [
      [2, 3],
      [3, 2],
    ],
  ],
  [
    'bij,bjk->bik',
    [
      [2, 2, 3],
      [2, 3, 2],
    ],
  ],
  [
    'bhqd,bhkd->bhqk',
    [
      [1, 2, 2, 3],
      [1, 2, 3, 3],
    ],
  ],
  [
    'ij,kj->ki',
    [
      [2, 3],
      [4, 3],
    ],
  ],
  ['ij->ji', [[2, 3]]],
  ['ij->i', [[2, 3]]],
  ['ij->', [[2, 3]]],
  ['i,j->ij', [[2], [3]]],
  ['i,i->', [[3], [3]]],
  [
    'ij, ij -> j',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    'bsd,de->bse',
    [
      [2, 2, 3],
      [3, 2],
    ],
  ],
  [
    'bse,hde->bshd',
    [
      [1, 2, 3],
      [2, 2, 3],
    ],
  ],
  [
    'ijk,kl->lji',
    [
      [2, 3, 2],
      [2, 2],
    ],
  ],
  [
    'ij,ij->',
    [
      [2, 3],
      [2, 3],
    ],
  ],
];

const cumulative = [0, 1, 2].flatMap((axis) =>
  [false, true].flatMap((exclusive) => [false, true].map((reverse) => ({ axis, exclusive, reverse }))),
);

export const rowsBeyondTfjs: Row[] = [
  { kernel: tf.TopK, name: 'vector', inputs: [distinct([5])], op: (x) => tf.topk(x, 2).values },
  { kernel: tf.TopK, name: 'rows, unsorted', inputs: [distinct([2, 2, 4])], op: (x) => tf.topk(x, 3, false).values },
  { kernel: tf.TopK, name: 'k = 1', inputs: [distinct([3, 4])], op: (x) => tf.topk(x, 1).values },
  {
    kernel: tf.GatherNd,
    name: 'elements, one twice',
    inputs: [any([3, 2])],
    op: (x) => tf.gatherND(x, int([0, 1, 2, 0, 0, 1], [3, 2])),
  },
  {
    kernel: tf.GatherNd,
    name: 'slices',
    inputs: [any([3, 2, 2])],
    op: (x) => tf.gatherND(x, int([2, 0, 2, 1], [2, 2, 1])),
  },
  {
    kernel: tf.ScatterNd,
    name: 'slices, two to one place',
    inputs: [any([3, 2])],
    op: (x) => tf.scatterND(int([3, 0, 3], [3, 1]), x, [4, 2]),
  },
  {
    kernel: tf.TensorScatterUpdate,
    name: 'elements',
    inputs: [any([2, 3]), any([2], 2)],
    op: (x, u) => tf.tensorScatterUpdate(x, int([0, 1, 1, 2], [2, 2]), u),
  },
  {
    kernel: tf.SparseToDense,
    name: 'matrix',
    inputs: [any([2]), any([], 2)],
    op: (v, d) => tf.sparseToDense(int([0, 1, 1, 2], [2, 2]), v, [2, 3], d as tf.Scalar),
  },
  {
    kernel: tf.SparseToDense,
    name: 'vector, one value for all',
    inputs: [any([]), any([], 2)],
    op: (v, d) => tf.sparseToDense(int([0, 3], [2]), v, [5], d as tf.Scalar),
  },
  ...spans.map(([name, shape, begin, end, strides, masks]): Row => ({
    kernel: tf.StridedSlice,
    name,
    inputs: [any(shape)],
    op: (x) => tf.stridedSlice(x, begin, end, strides, ...masks),
  })),
  ...equations.map(([equation, shapes]): Row => ({
    kernel: tf.Einsum,
    name: equation,
    inputs: shapes.map((shape, i) => any(shape, i + 1)),
    op: (...xs) => tf.einsum(equation, ...xs),
  })),
  ...cumulative.map(({ axis, exclusive, reverse }): Row => ({
    kernel: tf.Cumprod,
    name: `axis ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
    inputs: [nonZero([2, 3, 2])],
    op: (x) => tf.cumprod(x, axis, exclusive, reverse),
  })),
  ...[false, true].map((exclusive): Row => ({
    kernel: tf.Cumprod,
    name: `zeros${exclusive ? ', exclusive' : ''}`,
    inputs: [exactly([2, 5], [1, 0, 2, 0.5, 3, 2, 0, 1.5, 0, 1])],
    op: (x) => tf.cumprod(x, 1, exclusive),
  })),
  {
    kernel: tf.SparseSegmentSum,
    name: 'a row twice',
    inputs: [any([3, 2])],
    op: (x) => tf.sparse.sparseSegmentSum(x as tf.Tensor2D, int([0, 2, 2], [3]) as tf.Tensor1D, int([0, 0, 2], [3]) as tf.Tensor1D),
  },
  {
    kernel: tf.SparseSegmentMean,
    name: 'a row twice, an empty segment',
    inputs: [any([3, 2])],
    op: (x) => tf.sparse.sparseSegmentMean(x as tf.Tensor2D, int([0, 2, 2], [3]) as tf.Tensor1D, int([0, 0, 2], [3]) as tf.Tensor1D),
  },
  {
    kernel: tf.DepthToSpace,
    name: 'NHWC',
    inputs: [any([2, 2, 3, 8])],
    op: (x) => tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC'),
  },
  {
    // tfjs's cpu kernel takes NHWC only, so the rule is called by hand and compared to the NHWC rearrangement.
    kernel: tf.DepthToSpace,
    name: 'NCHW',
    inputs: [any([2, 8, 2, 3])],
    op: (x) => tf.transpose(tf.depthToSpace(tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]), 2, 'NHWC'), [0, 3, 1, 2]),
    backward: (_, dy) => {
      const attrs = { blockSize: 2, dataFormat: 'NCHW' };
      return [(tf.getGradient(tf.DepthToSpace).gradFunc(dy, [], attrs)['x'] as () => tf.Tensor)()];
    },
  },
  {
    kernel: tf.MaxPoolWithArgmax,
    name: 'window 2',
    inputs: [distinct([1, 4, 4, 2])],
    op: (x) => tf.maxPoolWithArgmax(x as tf.Tensor4D, 2, 2, 'valid')['result'] as tf.Tensor,
  },
  {
    kernel: tf.EluGrad,
    name: 'gradient of a gradient',
    inputs: [any([6], 1), exactly([6], [-0.9, -0.5, -0.1, 0.1, 0.5, 2])],
    op: (dy, y) => tf.engine().runKernel(tf.EluGrad, { dy, y }) as tf.Tensor,
  },
  {
    kernel: tf.StridedSlice,
    name: 'a shrunk axis and a stride',
    inputs: [any([3, 4])],
    op: (x) => tf.stridedSlice(x, [1, 0], [2, 4], [1, 2], 0, 0, 0, 0, 1),
    // tfjs's cpu kernel takes the stride along the wrong axis here.
    surrogate: (x) => tf.reshape(tf.stridedSlice(x, [1, 0], [2, 4], [1, 2]), [2]),
  },
  { kernel: tf.Greater, name: 'in a condition', inputs: [nonZero([6])], op: (x) => tf.where(tf.greater(x, 0), x, tf.square(x)) },
  { kernel: tf.Less, name: 'in a condition', inputs: [nonZero([6])], op: (x) => tf.where(tf.less(x, 0), x, tf.square(x)) },
  { kernel: tf.LessEqual, name: 'in a condition', inputs: [nonZero([6])], op: (x) => tf.where(tf.lessEqual(x, 0), x, tf.square(x)) },
  { kernel: tf.Equal, name: 'in a condition', inputs: [nonZero([6])], op: (x) => tf.where(tf.equal(x, tf.scalar(9)), x, tf.square(x)) },
  {
    kernel: tf.NotEqual,
    name: 'in a condition',
    inputs: [nonZero([6])],
    op: (x) => tf.where(tf.notEqual(x, tf.scalar(9)), x, tf.square(x)),
  },
  ...([tf.LogicalAnd, tf.LogicalOr] as const).map((kernel): Row => ({
    kernel,
    name: 'of two conditions',
    inputs: [nonZero([6])],
    op: (x) => {
      const both = kernel === tf.LogicalAnd ? tf.logicalAnd : tf.logicalOr;
      return tf.where(both(tf.greater(x, 0), tf.less(x, 1)), x, tf.square(x));
    },
  })),
  {
    kernel: tf.LogicalNot,
    name: 'of a condition',
    inputs: [nonZero([6])],
    op: (x) => tf.where(tf.logicalNot(tf.greater(x, 0)), x, tf.square(x)),
  },
  { kernel: tf.Any, name: 'of conditions', inputs: [nonZero([6])], op: (x) => tf.where(tf.any(tf.greater(x, 0)), tf.square(x), x) },
  { kernel: tf.All, name: 'of conditions', inputs: [nonZero([6])], op: (x) => tf.where(tf.all(tf.greater(x, 0)), tf.square(x), x) },
];

import * as tf from '@tensorflow/tfjs-core';

/** A tfjs operation on tensors of some shapes. */
export interface Operation {
  readonly name: string;
  readonly inputs: () => tf.Tensor[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

const of = (shape: number[], from = -2, to = 2) => tf.randomUniform(shape, from, to);
const indices = (shape: number[], most: number) => tf.randomUniform(shape, 0, most, 'int32');
const truths = (shape: number[]) => tf.greater(of(shape), 0);

const TINY = [16];
const NARROW = [10_000, 3];
const NARROW7 = [5000, 7];
const IMAGE = [1, 64, 64, 3];
const SQUARE = [1000, 1000];

type Run = Operation['run'];

function each(name: string, shapes: number[][], run: Run, from = -2, to = 2): Operation[] {
  return shapes.map((shape) => ({ name: `${name} ${shape.join('x')}`, inputs: () => [of(shape, from, to)], run }));
}

function pairs(name: string, run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, from = -2): Operation[] {
  const shapes: [number[], number[]][] = [
    [TINY, TINY],
    [NARROW, [3]],
    [NARROW, [10_000, 1]],
    [IMAGE, [1, 1, 1, 3]],
    [SQUARE, SQUARE],
    [SQUARE, [1000]],
    [SQUARE, []],
  ];
  return shapes.map(([a, b]) => ({
    name: `${name} ${a.join('x')}, ${b.join('x') || 'one'}`,
    inputs: () => [of(a, from), of(b, from)],
    run: run as Run,
  }));
}

const UNARY: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  relu6: tf.relu6,
  leakyRelu: (x) => tf.leakyRelu(x),
  step: (x) => tf.step(x),
  clipByValue: (x) => tf.clipByValue(x, -1, 1),
  sign: tf.sign,
  square: tf.square,
  reciprocal: tf.reciprocal,
  neg: tf.neg,
  abs: tf.abs,
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  isNaN: tf.isNaN,
  exp: tf.exp,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
  erf: tf.erf,
  elu: tf.elu,
  selu: tf.selu,
  sin: tf.sin,
  zerosLike: tf.zerosLike,
  cast: (x) => tf.cast(x, 'int32'),
};
const POSITIVE: Record<string, (x: tf.Tensor) => tf.Tensor> = { sqrt: tf.sqrt, rsqrt: tf.rsqrt, log: tf.log, log1p: tf.log1p };
const BINARY: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  equal: tf.equal,
  greater: tf.greater,
  lessEqual: tf.lessEqual,
  prelu: tf.prelu,
};
const ALONG: [string, (x: tf.Tensor, axis: number) => tf.Tensor][] = [
  ['sum', tf.sum],
  ['mean', tf.mean],
  ['max', tf.max],
  ['min', tf.min],
  ['prod', tf.prod],
  ['argMax', tf.argMax],
  ['argMin', tf.argMin],
];
const FULL: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['sum', (x) => tf.sum(x)],
  ['mean', (x) => tf.mean(x)],
  ['max', (x) => tf.max(x)],
];

const pool = (type: 'max' | 'avg', size: number, stride: number, padding: 'same' | 'valid'): Run =>
  type === 'max' ? (x) => tf.maxPool(x as tf.Tensor4D, size, stride, padding) : (x) => tf.avgPool(x as tf.Tensor4D, size, stride, padding);

function pools(): Operation[] {
  const shapes = [IMAGE, [1, 8, 8, 4], [8, 32, 32, 16], [1, 112, 112, 32], [1, 28, 28, 1]];
  return (['max', 'avg'] as const).flatMap((type) => [
    ...each(`${type}Pool 2 by 2`, shapes, pool(type, 2, 2, 'valid')),
    ...each(`${type}Pool 3 by 1, same`, shapes.slice(0, 4), pool(type, 3, 1, 'same')),
    ...each(`${type}Pool 3 by 2, same`, shapes.slice(0, 3), pool(type, 3, 2, 'same')),
    ...each(`${type}Pool 7 global`, [[1, 7, 7, 512]], pool(type, 7, 7, 'valid')),
  ]);
}

/** Most of tfjs's operations that the backend has kernels of its own for. */
export const listedOperations: readonly Operation[] = [
  ...Object.entries(UNARY).flatMap(([name, run]) => each(name, [TINY, IMAGE, SQUARE], run as Run)),
  ...Object.entries(POSITIVE).flatMap(([name, run]) => each(name, [TINY, IMAGE, SQUARE], run as Run, 0.1)),
  ...Object.entries(BINARY).flatMap(([name, run]) => pairs(name, run)),
  ...pairs('pow', tf.pow, 0.1),
  ...ALONG.flatMap(([name, run]) => [
    ...each(`${name} of last`, [[4, 4], NARROW, NARROW7, [10_000, 10], [10_000, 16], [1000, 100], SQUARE], (x) => run(x, -1)),
    ...each(`${name} of first`, [[4, 4], NARROW, [3, 10_000], SQUARE], (x) => run(x, 0)),
    ...each(`${name} of middle`, [[64, 64, 3]], (x) => run(x, 1)),
  ]),
  ...FULL.flatMap(([name, run]) => each(`${name} of all`, [TINY, IMAGE, SQUARE], run)),
  ...[NARROW, SQUARE].flatMap((shape): Operation[] => [
    { name: `all of last ${shape.join('x')}`, inputs: () => [truths(shape)], run: (x) => tf.all(x!, -1) },
    { name: `any of last ${shape.join('x')}`, inputs: () => [truths(shape)], run: (x) => tf.any(x!, -1) },
  ]),
  ...pools(),
  ...each('pad by 1', [TINY.concat(4), [100, 3], SQUARE], (x) =>
    tf.pad(x, [
      [1, 1],
      [1, 1],
    ]),
  ),
  ...each('pad by 1', [IMAGE], (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  ),
  ...each('pad columns by 1', [NARROW, SQUARE], (x) =>
    tf.pad(x, [
      [0, 0],
      [0, 1],
    ]),
  ),
  ...each('mirrorPad by 1', [IMAGE, [8, 32, 32, 16]], (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ),
  ),
  ...each('mirrorPad by 1', [[4, 4], [100, 3], SQUARE], (x) =>
    tf.mirrorPad(
      x,
      [
        [1, 1],
        [1, 1],
      ],
      'symmetric',
    ),
  ),
  ...[[4, 4], NARROW, NARROW7, [10_000, 10], IMAGE, SQUARE].map((shape): Operation => ({
    name: `concat last ${shape.join('x')}`,
    inputs: () => [of(shape), of(shape)],
    run: (...inputs) => tf.concat(inputs, -1),
  })),
  ...[[4, 4], NARROW, SQUARE].map((shape): Operation => ({
    name: `concat first ${shape.join('x')}`,
    inputs: () => [of(shape), of(shape)],
    run: (...inputs) => tf.concat(inputs, 0),
  })),
  ...[[10_000], TINY, NARROW].map((shape): Operation => ({
    name: `stack last ${shape.join('x')}`,
    inputs: () => [of(shape), of(shape)],
    run: (...inputs) => tf.stack(inputs, -1),
  })),
  ...each('unstack last', [[4, 4], NARROW], (x) => tf.unstack(x, -1)),
  ...each(
    'unstack first',
    [
      [4, 4],
      [16, 1000],
    ],
    (x) => tf.unstack(x, 0),
  ),
  ...each('split last', [[4, 4], [10_000, 6], SQUARE], (x) => tf.split(x, 2, -1)),
  ...each('slice', [[4, 4], NARROW, SQUARE], (x) => tf.slice(x, [1, 1], [x.shape[0]! - 1, x.shape[1]! - 2])),
  ...each('stridedSlice', [[4, 4], NARROW, SQUARE], (x) => tf.stridedSlice(x, [0, 0], x.shape, [2, 1])),
  ...each('stridedSlice columns', [[4, 4], SQUARE], (x) => tf.stridedSlice(x, [0, 0], x.shape, [1, 2])),
  ...each(
    'tile',
    [
      [4, 4],
      [1000, 3],
      [1, 1000],
    ],
    (x) => tf.tile(x, [2, 3]),
  ),
  ...each('reverse last', [[4, 4], NARROW, SQUARE], (x) => tf.reverse(x, -1)),
  ...each('reverse first', [[4, 4], NARROW, SQUARE], (x) => tf.reverse(x, 0)),
  ...each('transpose', [[4, 4], NARROW, SQUARE], (x) => tf.transpose(x)),
  ...each('transpose to channels first', [IMAGE], (x) => tf.transpose(x, [0, 3, 1, 2])),
  ...[
    [3, 1000],
    [8, 8],
    [64, 10_000],
    [1, 10_000],
    [10, 5000],
  ].map(([width, count]): Operation => ({
    name: `gather ${count} rows of ${width}`,
    inputs: () => [of([1000, width!]), indices([count!], 1000)],
    run: (x, i) => tf.gather(x!, i as tf.Tensor1D),
  })),
  ...[
    [3, 1000],
    [8, 8],
  ].map(([width, count]): Operation => ({
    name: `gatherND ${count} rows of ${width}`,
    inputs: () => [of([1000, width!]), indices([count!, 1], 1000)],
    run: (x, i) => tf.gatherND(x!, i!),
  })),
  ...[
    [4, 4, 8],
    [1000, 3, 10_000],
    [10_000, 3, 10_000],
    [1000, 1, 1000],
    [1000, 64, 1000],
  ].map(([count, width, rows]): Operation => ({
    name: `scatterND ${count} rows of ${width} into ${rows}`,
    inputs: () => [indices([count!, 1], rows!), of([count!, width!])],
    run: (i, x) => tf.scatterND(i!, x!, [rows!, width!]),
  })),
  ...[
    [4, 4, 8],
    [10_000, 3, 10_000],
  ].map(([count, width, rows]): Operation => ({
    name: `tensorScatterUpdate ${count} rows of ${width} into ${rows}`,
    inputs: () => [of([rows!, width!]), indices([count!, 1], rows!), of([count!, width!])],
    run: (t, i, x) => tf.tensorScatterUpdate(t!, i!, x!),
  })),
  ...[
    [8, 4],
    [1000, 100],
    [10_000, 10],
    [10_000, 3],
    [1000, 1000],
    [64, 10],
  ].map(([count, depth]): Operation => ({
    name: `oneHot ${count} of ${depth}`,
    inputs: () => [indices([count!], depth!)],
    run: (i) => tf.oneHot(i!, depth!),
  })),
  ...each('softmax', [[4, 4], NARROW, [1000, 10], SQUARE], (x) => tf.softmax(x)),
  ...each('logSoftmax', [[4, 4], NARROW, [1000, 10], SQUARE], (x) => tf.logSoftmax(x)),
  ...each('logSoftmax, wide', [SQUARE], (x) => tf.logSoftmax(x), -200, 200),
  // tfjs's kernel takes no negative axis.
  ...each('cumsum of last', [[4, 4], NARROW, SQUARE], (x) => tf.cumsum(x, x.rank - 1)),
  ...each('cumsum of first', [[4, 4], NARROW, SQUARE], (x) => tf.cumsum(x, 0)),
  ...each('topk 1', [[4, 4], NARROW, SQUARE], (x) => tf.topk(x, 1).values),
  ...each('topk 3', [[4, 4], NARROW, SQUARE], (x) => tf.topk(x, 3).values),
  ...each('spaceToBatchND', [IMAGE, [8, 32, 32, 16]], (x) =>
    tf.spaceToBatchND(
      x,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  ...each('batchToSpaceND', [[4, 32, 32, 3]], (x) =>
    tf.batchToSpaceND(
      x,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  ...each(
    'depthToSpace',
    [
      [1, 32, 32, 12],
      [8, 32, 32, 16],
    ],
    (x) => tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC'),
  ),
  ...each('batchNorm', [[8, 32, 32, 16], IMAGE], (x) => tf.batchNorm(x, 0.5, 2)),
  ...each('resizeBilinear', [IMAGE], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [128, 128])),
  ...each('resizeNearestNeighbor', [IMAGE], (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [128, 128])),
  ...[TINY, IMAGE, SQUARE].map((shape): Operation => ({
    name: `where ${shape.join('x')}`,
    inputs: () => [truths(shape), of(shape), of(shape)],
    run: (c, a, b) => tf.where(c!, a!, b!),
  })),
  ...[TINY, SQUARE].map((shape): Operation => ({
    name: `logicalAnd ${shape.join('x')}`,
    inputs: () => [truths(shape), truths(shape)],
    run: (a, b) => tf.logicalAnd(a!, b!),
  })),
  ...[TINY, SQUARE].map((shape): Operation => ({
    name: `logicalNot ${shape.join('x')}`,
    inputs: () => [truths(shape)],
    run: (a) => tf.logicalNot(a!),
  })),
  ...[TINY, SQUARE].flatMap((shape): Operation[] => [
    { name: `cast from bool ${shape.join('x')}`, inputs: () => [truths(shape)], run: (a) => tf.cast(a!, 'float32') },
    { name: `cast from int32 ${shape.join('x')}`, inputs: () => [indices(shape, 9)], run: (a) => tf.cast(a!, 'float32') },
    { name: `add of int32 ${shape.join('x')}`, inputs: () => [indices(shape, 9), indices(shape, 9)], run: (a, b) => tf.add(a!, b!) },
    { name: `fill ${shape.join('x')}`, inputs: () => [], run: () => tf.fill(shape, 3) },
  ]),
  ...each(
    'conv2d 3x3x16',
    [
      [1, 64, 64, 3],
      [1, 8, 8, 4],
    ],
    (x) => tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, x.shape[3]!, 16]), 1, 'same'),
  ),
  ...each(
    'depthwiseConv2d 3x3',
    [
      [1, 64, 64, 3],
      [1, 8, 8, 4],
      [1, 56, 56, 32],
    ],
    (x) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.ones([3, 3, x.shape[3]!, 1]), 1, 'same'),
  ),
  ...[
    [4, 4, 4],
    [64, 64, 64],
    [1000, 3, 3],
    [1, 64, 64],
    [64, 64, 1],
  ].map(([m, k, n]): Operation => ({
    name: `matMul ${m}x${k}x${n}`,
    inputs: () => [of([m!, k!]), of([k!, n!])],
    run: (a, b) => tf.matMul(a!, b!),
  })),
];

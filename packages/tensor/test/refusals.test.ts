import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accumulate,
  accuracy,
  activation,
  activationLayer,
  adam,
  adagrad,
  adamw,
  batchNorm,
  addWeightDecay,
  averageWeights,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  decodeSafetensors,
  dense,
  dropout,
  embedding,
  evaluate,
  fit,
  flatten,
  groupNorm,
  initializers,
  layerNorm,
  linear,
  lookahead,
  meanSquaredError,
  random,
  rmsNorm,
  scaledDotProductAttention,
  rmsprop,
  scale,
  schedules,
  sequential,
  sgd,
  softmaxCrossEntropy,
  swapValues,
  trace,
  trainStep,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

/**
 * Bad input to public functions: each must be refused by an error that names the argument, what it was and what it
 * must be, before anything changes, and no tensor may be left behind.
 */
const key = random.key(0);
const net = {
  kind: 'identity',
  variables: {},
  apply: (x: tf.Tensor) => tf.clone(x),
  outputShape: (shape: readonly (number | null)[]) => shape,
  dispose: () => {},
};
const state = { step: 0, slots: {} };
const bad = <T>(value: unknown): T => value as T;

/** Function, what is wrong, the call with tensors to try, and what the message must hold. */
type Row = [name: string, problem: string, call: (t: ReturnType<typeof tensors>) => unknown, message: RegExp];

function tensors() {
  const gone = tf.zeros([2, 3]);
  gone.dispose();
  return {
    x: tf.zeros([2, 3]),
    w: tf.zeros([3, 4]),
    b: tf.zeros([4]),
    whole: tf.zeros([2, 3], 'int32'),
    classes: tf.zeros([2], 'int32'),
    scalar: tf.scalar(1),
    short: tf.zeros([3]),
    pair: tf.zeros([2]),
    flags: tf.zeros([2], 'bool'),
    threes: tf.zeros([3], 'int32'),
    v: tf.tidy(() => tf.variable(tf.zeros([2]))),
    cube: tf.zeros([2, 3, 4]),
    heads: tf.zeros([1, 2, 3, 4]),
    empty: tf.zeros([0, 3]),
    fewer: tf.zeros([1, 1, 3, 4]),
    gone,
  };
}

const rows: Row[] = [
  ['linear', 'an array', ({ w }) => linear(bad([1]), w), /linear: x must be a tensor, not \[1\]; make one/],
  ['linear', 'a dtype', ({ whole, w }) => linear(whole, w), /linear: x is int32\[2, 3\], but its dtype must be float32/],
  ['linear', 'a rank', ({ scalar, w }) => linear(scalar, w), /linear: x is float32\[\], but its rank must be at least 1/],
  ['linear', 'a rank of weight', ({ x, cube }) => linear(x, cube), /linear: weight is float32\[2, 3, 4\], but its rank must be 2/],
  ['linear', 'a size', ({ w, b }) => linear(b, w), /linear: x has 4 values along its last axis .* takes 3/],
  ['linear', 'a size of bias', ({ x, w, short }) => linear(x, w, short), /linear: bias is float32\[3\], but its shape must be \[4\]/],
  ['linear', 'disposed', ({ gone, w }) => linear(gone, w), /linear: x is disposed/],
  [
    'linear',
    'an activation',
    ({ x, w }) => linear(x, w, undefined, { activation: bad('swish') }),
    /linear: activation is "swish", but must be one of linear, relu/,
  ],
  ['linear', 'NaN', ({ x, w }) => linear(x, w, undefined, { slope: NaN }), /linear: slope is NaN, but must be a finite number/],
  ['activation', 'a name', ({ x }) => activation(x, bad('Relu')), /activation: name is "Relu"/],
  ['activation', 'a dtype', ({ whole }) => activation(whole, 'relu'), /activation: x is int32/],
  ['activation', 'disposed', ({ gone }) => activation(gone, 'relu'), /x is disposed/],
  ['activation', 'NaN', ({ x }) => activation(x, 'leakyRelu', { slope: NaN }), /slope is NaN/],
  [
    'softmaxCrossEntropy',
    'a rank',
    ({ cube, classes }) => softmaxCrossEntropy(cube, classes),
    /logits is float32\[2, 3, 4\], but its rank must be 2/,
  ],
  [
    'softmaxCrossEntropy',
    'a dtype of labels',
    ({ x, flags }) => softmaxCrossEntropy(x, flags),
    /labels is bool\[2\].*int32\[2\], the class of each/,
  ],
  [
    'softmaxCrossEntropy',
    'a size of labels',
    ({ x, threes }) => softmaxCrossEntropy(x, threes),
    /labels is int32\[3\], but its shape must be \[2\]/,
  ],
  [
    'softmaxCrossEntropy',
    'floats as classes',
    ({ x, pair }) => softmaxCrossEntropy(x, pair),
    /labels is float32\[2\], but its shape must be \[2, 3\]/,
  ],
  ['softmaxCrossEntropy', 'disposed', ({ x, gone }) => softmaxCrossEntropy(x, gone), /labels is disposed/],
  [
    'softmaxCrossEntropy',
    'an option',
    ({ x, classes }) => softmaxCrossEntropy(x, classes, { reduction: bad('average') }),
    /reduction is "average", but must be one of mean, sum, none/,
  ],
  ['softmaxCrossEntropy', 'NaN', ({ x, classes }) => softmaxCrossEntropy(x, classes, { labelSmoothing: NaN }), /labelSmoothing is NaN/],
  [
    'softmaxCrossEntropy',
    'a range',
    ({ x, classes }) => softmaxCrossEntropy(x, classes, { labelSmoothing: 1.5 }),
    /labelSmoothing is 1.5, .* at least 0 and at most 1/,
  ],
  ['layerNorm', 'a dtype', ({ whole, short }) => layerNorm(whole, short, short), /layerNorm: x is int32\[2, 3\]/],
  ['layerNorm', 'a size', ({ x, b, short }) => layerNorm(x, b, short), /layerNorm: gamma is float32\[4\], but its shape must be \[3\]/],
  ['layerNorm', 'disposed', ({ gone, short }) => layerNorm(gone, short, short), /layerNorm: x is disposed/],
  ['layerNorm', 'an option', ({ x, short }) => layerNorm(x, short, short, { epsilon: -1 }), /layerNorm: epsilon is -1/],
  ['rmsNorm', 'a scalar', ({ scalar, short }) => rmsNorm(scalar, short), /rmsNorm: x is float32\[\], but its rank must be at least 1/],
  ['rmsNorm', 'a size', ({ x, b }) => rmsNorm(x, b), /rmsNorm: gamma is float32\[4\]/],
  ['groupNorm', 'a rank', ({ short }) => groupNorm(short, short, short), /groupNorm: x is float32\[3\], but its rank must be at least 2/],
  ['groupNorm', 'groups', ({ cube, b }) => groupNorm(cube, b, b, { groups: 3 }), /groups is 3, but must divide the 4 channels/],
  ['groupNorm', 'no groups', ({ cube, b }) => groupNorm(cube, b, b, { groups: 0 }), /groups is 0, but must be a whole number at least 1/],
  ['batchNorm', 'a size', ({ x, b, short }) => batchNorm(x, short, b), /batchNorm: beta is float32\[4\]/],
  ['batchNorm', 'nothing', ({ empty, short }) => batchNorm(empty, short, short), /x is float32\[0, 3\], but must hold/],
  ['embedding', 'floats', ({ x, pair }) => embedding(x, pair), /embedding: ids is float32\[2\], but its dtype must be int32/],
  [
    'embedding',
    'a rank',
    ({ cube, classes }) => embedding(cube, classes),
    /embedding: table is float32\[2, 3, 4\], but its rank must be 2/,
  ],
  ['embedding', 'disposed', ({ gone, classes }) => embedding(gone, classes), /embedding: table is disposed/],
  [
    'scaledDotProductAttention',
    'a rank',
    ({ cube, heads }) => scaledDotProductAttention(cube, heads, heads),
    /scaledDotProductAttention: q is float32\[2, 3, 4\], but its rank must be 4/,
  ],
  [
    'scaledDotProductAttention',
    'other heads',
    ({ heads, fewer }) => scaledDotProductAttention(heads, fewer, fewer),
    /k is float32\[1, 1, 3, 4\], but its shape must be \[1, 2, any, 4\]/,
  ],
  [
    'scaledDotProductAttention',
    'a mask',
    ({ heads, b }) => scaledDotProductAttention(heads, heads, heads, { mask: b }),
    /mask is float32\[4\], but its shape must broadcast to .*, here \[1, 2, 3, 3\]/,
  ],
  [
    'scaledDotProductAttention',
    'a dtype of the mask',
    ({ heads, threes }) => scaledDotProductAttention(heads, heads, heads, { mask: threes }),
    /mask is int32\[3\], but its dtype must be bool or float32. A mask is/,
  ],
  ['scaledDotProductAttention', 'NaN', ({ heads }) => scaledDotProductAttention(heads, heads, heads, { scale: NaN }), /scale is NaN/],
  [
    'scaledDotProductAttention',
    'an option',
    ({ heads }) => scaledDotProductAttention(heads, heads, heads, { causal: bad(1) }),
    /causal is 1, but must be true or false/,
  ],
  ['meanSquaredError', 'a shape', ({ x, b }) => meanSquaredError(x, b), /target is float32\[4\], but its shape must be \[2, 3\]/],
  ['meanSquaredError', 'disposed', ({ x, gone }) => meanSquaredError(x, gone), /target is disposed/],
  ['accuracy', 'a shape', ({ x, b }) => accuracy(x, b), /labels is float32\[4\], but its shape must be \[2, 3\]/],
  ['accuracy', 'no tensor', ({ x }) => accuracy(x, bad(undefined)), /labels must be a tensor, not undefined/],

  ['random.key', 'NaN', () => random.key(NaN), /key: seed is NaN, but must be a whole number at least 0/],
  ['random.key', 'a part', () => random.key(0.5), /seed is 0.5/],
  ['random.key', 'a negative', () => random.key(-1), /seed is -1/],
  ['random.split', 'no key', () => random.split(bad(3), 2), /split: key is 3, but must be a key; make one with random.key/],
  ['random.split', 'a negative', () => random.split(key, -1), /n is -1/],
  ['random.fold', 'NaN', () => random.fold(key, NaN), /data is NaN/],
  ['random.bits', 'a negative', () => random.bits(key, -1), /bits: n is -1/],
  ['random.bits', 'an offset', () => random.bits(key, 1, { offset: 2 }), /offset \/ 4 is 0.5/],
  [
    'random.uniform',
    'a negative size',
    () => random.uniform(key, [2, -1]),
    /uniform: shape is \[2, -1\], but must be an array of whole numbers, none negative/,
  ],
  ['random.uniform', 'bounds', () => random.uniform(key, [1], { min: 2, max: 1 }), /min is 2, .* at most 1/],
  ['random.uniform', 'NaN', () => random.uniform(key, [1], { max: NaN }), /max is NaN/],
  ['random.normal', 'a negative', () => random.normal(key, [1], { std: -1 }), /std is -1/],
  ['random.normal', 'no key', () => random.normal(bad(undefined), [1]), /normal: key is undefined/],
  ['random.truncatedNormal', 'a bound', () => random.truncatedNormal(key, [1], { bound: 0 }), /bound is 0/],
  ['random.rademacher', 'a shape', () => random.rademacher(key, bad(5)), /shape is 5/],
  ['random.permutation', 'NaN', () => random.permutation(key, NaN), /permutation: n is NaN/],

  ['initializers.constant', 'NaN', () => initializers.constant(NaN), /constant: value is NaN/],
  ['initializers.normal', 'a negative', () => initializers.normal({ std: -1 }), /std is -1/],
  ['initializers.heNormal', 'a negative size', () => initializers.heNormal()([-1, 2], key), /shape is \[-1, 2\]/],
  [
    'initializers.orthogonal',
    'a rank',
    () => initializers.orthogonal()([3], key),
    /orthogonal: shape is \[3\], but must have at least two axes/,
  ],
  ['initializers.orthogonal', 'NaN', () => initializers.orthogonal({ gain: NaN }), /gain is NaN/],
  ['initializers.zeros', 'a size', () => initializers.zeros()([1.5], key), /shape is \[1.5\]/],

  ['dense', 'a negative', () => dense(-1, 2, { key }), /dense: inputs is -1, but must be a whole number at least 1/],
  ['dense', 'a part', () => dense(1, 2.5, { key }), /units is 2.5/],
  ['dense', 'no key', () => dense(1, 2, bad({})), /dense: key is undefined, but must be a key/],
  ['dense', 'no options', () => dense(1, 2, bad(undefined)), /dense: key is undefined/],
  ['dense', 'an activation', () => dense(1, 2, { key, activation: bad('Relu') }), /dense: activation is "Relu"/],
  ['dense', 'no initializer', () => dense(1, 2, { key, init: bad('glorot') }), /init is "glorot", but must be a function/],
  ['dropout', 'NaN', () => dropout(NaN), /rate is NaN/],
  ['dropout', 'a range', () => dropout(1), /rate is 1, .* below 1/],
  ['dropout.apply', 'a dtype', ({ whole }) => dropout(0.5).apply(whole), /x is int32/],
  ['flatten.apply', 'a scalar', ({ scalar }) => flatten().apply(scalar), /x is float32\[\], but its rank/],
  ['activationLayer', 'a name', () => activationLayer(bad('x')), /name is "x"/],
  ['sequential', 'no array', () => sequential(bad(net)), /layers is an object with .*, but must be an array of layers/],
  ['sequential', 'no layer', () => sequential([net, bad({})]), /layers\[1\] is an object with no fields, but must be a layer/],

  ['sgd', 'NaN', () => sgd({ learningRate: NaN }), /sgd: learningRate is NaN, .* or a schedule/],
  ['sgd', 'a negative', () => sgd({ momentum: -0.1 }), /momentum is -0.1/],
  ['sgd', 'nesterov alone', () => sgd({ nesterov: true }), /nesterov is true with momentum 0/],
  ['sgd', 'a negative decay', () => sgd({ weightDecay: -1 }), /weightDecay is -1/],
  ['sgd.init', 'a tensor', ({ x }) => sgd().init(bad(x)), /parameters is float32\[2, 3\]/],
  ['sgd.init', 'no variable', ({ x }) => sgd().init({ w: bad(x) }), /parameters\['w'\] is float32\[2, 3\], but must be a variable/],
  [
    'sgd.update',
    'a schedule',
    ({ v }) => sgd({ learningRate: () => NaN }).update({ v }, {}, { step: 2, slots: {} }),
    /learningRate\(2\) is NaN/,
  ],
  ['adam', 'a range', () => adam({ beta1: 1 }), /adam: beta1 is 1/],
  ['adam', 'NaN', () => adam({ epsilon: NaN }), /epsilon is NaN/],
  ['adamw', 'a negative', () => adamw({ weightDecay: -1 }), /adamw: weightDecay is -1/],
  ['chain', 'no optimizer', () => chain(bad(clipByGlobalNorm(1))), /chain: the last part is .* but must be an optimizer/],
  ['chain', 'no transform', () => chain(bad(sgd()), sgd()), /chain: part 0 is .* transforms/],
  ['clipByGlobalNorm', 'zero', () => clipByGlobalNorm(0), /norm is 0, .* above 0/],
  ['clipByNorm', 'NaN', () => clipByNorm(NaN), /clipByNorm: norm is NaN/],
  ['clipByValue', 'a negative', () => clipByValue(-1), /clipByValue: limit is -1, .* above 0/],
  ['scale', 'NaN', () => scale(NaN), /scale: factor is NaN/],
  ['scale', 'a schedule', ({ x }) => scale(() => Infinity).transform({ x }, { step: 4, slots: {} }, {}), /factor\(4\) is Infinity/],
  ['addWeightDecay', 'a negative', () => addWeightDecay(-1), /rate is -1/],
  ['addWeightDecay', 'a name', () => addWeightDecay(1, { of: bad('w') }), /of is "w", but must be a function/],
  ['trace', 'a range', () => trace(1), /trace: decay is 1, .* below 1/],
  ['trace.transform', 'a state', ({ v }) => trace(0.5).transform({ v }, state, { v }), /trace.transform: state has no live trace for 'v'/],
  ['rmsprop', 'a range', () => rmsprop({ decay: 1 }), /rmsprop: decay is 1/],
  ['adagrad', 'a negative', () => adagrad({ initial: -1 }), /adagrad: initial is -1/],
  ['accumulate', 'no optimizer', () => accumulate(bad(clipByGlobalNorm(1)), 2), /accumulate: optimizer is an object .* such as adamw/],
  ['accumulate', 'a part', () => accumulate(sgd(), 1.5), /every is 1.5/],
  ['accumulate.update', 'a state', ({ v }) => accumulate(sgd(), 2).update({ v }, { v }, state), /state has no live sum for 'v'/],
  ['lookahead', 'a range', () => lookahead(sgd(), { rate: 2 }), /rate is 2/],
  ['averageWeights', 'NaN', () => averageWeights(sgd(), { decay: NaN }), /decay is NaN/],
  ['swapValues', 'a name', ({ v }) => swapValues({ v }, {}), /others has no 'v'; it has nothing/],
  ['swapValues', 'a shape', ({ v, x }) => swapValues({ v }, bad({ v: x })), /others\['v'\] is float32\[2, 3\], but its shape/],
  ['schedules.constant', 'a negative', () => schedules.constant(-1), /constant: value is -1/],
  ['schedules.cosine', 'no steps', () => schedules.cosine(1, 0), /cosine: steps is 0/],
  ['schedules.cosineRestarts', 'a part', () => schedules.cosineRestarts(1, 5, { growth: 1.5 }), /growth is 1.5/],
  ['schedules.exponential', 'zero', () => schedules.exponential(1, 0), /factor is 0/],
  ['schedules.inverseSquareRoot', 'NaN', () => schedules.inverseSquareRoot(NaN, 5), /peak is NaN/],
  ['schedules.join', 'lengths', () => schedules.join([() => 1], [5]), /at has 1 steps for 1 schedules/],
  ['schedules.join', 'no schedule', () => schedules.join([bad(0.1)], []), /schedules\[0\] is 0.1/],
  ['schedules.linear', 'a negative', () => schedules.linear(0, -1, 5), /to is -1/],
  ['schedules.oneCycle', 'a range', () => schedules.oneCycle(1, 10, { rise: 1 }), /rise is 1/],
  ['schedules.piecewise', 'an order', () => schedules.piecewise(1, [5, 3], 0.1), /at is \[5, 3\], .* rising order/],
  ['schedules.polynomial', 'zero', () => schedules.polynomial(1, 0, 5, { power: 0 }), /power is 0/],
  ['schedules.warmUp', 'no schedule', () => schedules.warmUp(bad(0.1), 5), /then is 0.1, but must be a function/],

  [
    'trainStep',
    'no layer',
    ({ x }) => trainStep(bad({}), { x, y: x }, { optimizer: sgd(), state }),
    /trainStep: net is an object with no fields, but must be a layer/,
  ],
  ['trainStep', 'no batch', () => trainStep(net, bad(undefined), { optimizer: sgd(), state }), /a batch of batch is undefined/],
  ['trainStep', 'disposed', ({ x, gone }) => trainStep(net, { x: gone, y: x }, { optimizer: sgd(), state }), /batch.x is disposed/],
  [
    'trainStep',
    'numbers of examples',
    ({ x, b }) => trainStep(net, { x, y: b }, { optimizer: sgd(), state }),
    /batch.x has 2 examples and batch.y 4/,
  ],
  ['fit', 'no data', () => fit(net, bad(5)), /fit: data is 5/],
  ['fit', 'a negative', ({ x }) => fit(net, { x, y: x }, { epochs: -1 }), /epochs is -1/],
  ['fit', 'NaN', ({ x }) => fit(net, { x, y: x }, { batchSize: NaN }), /batchSize is NaN/],
  ['fit', 'a seed', ({ x }) => fit(net, { x, y: x }, { seed: NaN }), /seed is NaN/],
  ['fit', 'an optimizer', ({ x }) => fit(net, { x, y: x }, { optimizer: bad('sgd') }), /optimizer is "sgd"/],
  ['fit', 'numbers of examples', ({ x, b }) => fit(net, { x, y: b }), /data.x is float32\[2, 3\] and data.y is float32\[4\]/],
  [
    'fit',
    'lengths',
    () => fit(net, { x: new Uint8Array(10), y: new Uint8Array(3) }),
    /data.x is Uint8Array\(10\) and data.y is Uint8Array\(3\)/,
  ],
  ['fit', 'a shape', () => fit(net, { x: new Uint8Array(12), y: new Uint8Array(3), shape: [5] }), /examples \[5\]/],
  ['fit', 'no example', () => fit(net, { x: new Uint8Array(0), y: new Uint8Array(0) }), /holds no example/],
  ['fit', 'validation', ({ x }) => fit(net, { x, y: x }, { validation: bad({}) }), /validation is an object with no fields/],
  ['fit', 'a metric', ({ x }) => fit(net, { x, y: x }, { metrics: { loss: accuracy } }), /a metric is named 'loss'/],
  ['evaluate', 'NaN', ({ x }) => evaluate(net, { x, y: x }, { batchSize: NaN }), /batchSize is NaN/],
  ['evaluate', 'a metric', ({ x }) => evaluate(net, { x, y: x }, { metrics: { a: bad(3) } }), /metrics.a is 3/],
  ['decodeSafetensors', 'no bytes', () => decodeSafetensors(bad([1])), /bytes is \[1\], but must be a Uint8Array/],
];

describe.each(backends.filter((name) => name === 'cpu' || name === 'x wide'))('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(rows)('%s: %s', async (_name, _problem, call, message) => {
    const given = tensors();
    const before = tf.memory().numTensors;
    let error: unknown;
    try {
      await call(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(Object.values(given).filter((value) => !value.isDisposed));
  });
});

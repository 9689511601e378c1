import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { bools, broadcastable, describeInput, floats, ints, shape, type Family, type Values } from '../program.ts';

type Unary = readonly [name: string, run: (x: Tensor) => Tensor, torch: string | undefined, values: Values, gradient: boolean];

const unaries: readonly Unary[] = [
  ['abs', tf.abs, 'torch.abs(x[0])', 'special', true],
  ['neg', tf.neg, '-x[0]', 'special', true],
  ['exp', tf.exp, 'torch.exp(x[0])', 'special', true],
  ['log', tf.log, 'torch.log(x[0])', 'special', false],
  ['log', tf.log, 'torch.log(x[0])', 'positive', true],
  ['log1p', tf.log1p, 'torch.log1p(x[0])', 'special', false],
  ['expm1', tf.expm1, 'torch.expm1(x[0])', 'special', true],
  ['sqrt', tf.sqrt, 'torch.sqrt(x[0])', 'special', false],
  ['sqrt', tf.sqrt, 'torch.sqrt(x[0])', 'positive', true],
  ['rsqrt', tf.rsqrt, 'torch.rsqrt(x[0])', 'special', false],
  ['rsqrt', tf.rsqrt, 'torch.rsqrt(x[0])', 'positive', true],
  ['square', tf.square, 'torch.square(x[0])', 'special', true],
  ['reciprocal', (x) => tf.reciprocal(x), 'torch.reciprocal(x[0])', 'special', false],
  ['sin', tf.sin, 'torch.sin(x[0])', 'normal', true],
  ['cos', tf.cos, 'torch.cos(x[0])', 'normal', true],
  ['tan', tf.tan, 'torch.tan(x[0])', 'unit', true],
  ['asin', tf.asin, 'torch.asin(x[0])', 'unit', true],
  ['acos', tf.acos, 'torch.acos(x[0])', 'unit', true],
  ['atan', tf.atan, 'torch.atan(x[0])', 'special', true],
  ['sinh', tf.sinh, 'torch.sinh(x[0])', 'special', false],
  ['cosh', tf.cosh, 'torch.cosh(x[0])', 'special', false],
  ['tanh', tf.tanh, 'torch.tanh(x[0])', 'special', true],
  ['asinh', tf.asinh, 'torch.asinh(x[0])', 'normal', true],
  ['acosh', tf.acosh, 'torch.acosh(x[0])', 'special', false],
  ['atanh', tf.atanh, 'torch.atanh(x[0])', 'unit', true],
  ['sigmoid', tf.sigmoid, 'torch.sigmoid(x[0])', 'special', true],
  ['relu', tf.relu, 'torch.relu(x[0])', 'special', true],
  ['relu6', tf.relu6, 'F.relu6(x[0])', 'special', true],
  ['elu', tf.elu, 'F.elu(x[0])', 'special', true],
  ['selu', tf.selu, 'F.selu(x[0])', 'special', true],
  ['softplus', tf.softplus, 'F.softplus(x[0], threshold=60)', 'normal', true],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.3), 'F.leaky_relu(x[0], 0.3)', 'special', true],
  ['erf', tf.erf, 'torch.erf(x[0])', 'normal', true],
  ['sign', tf.sign, 'torch.sign(x[0])', 'special', false],
  ['floor', tf.floor, 'torch.floor(x[0])', 'special', false],
  ['ceil', tf.ceil, 'torch.ceil(x[0])', 'special', false],
  ['round', tf.round, 'torch.round(x[0])', 'special', false],
  ['step', (x) => tf.step(x, 0.25), undefined, 'special', false],
  ['isNaN', tf.isNaN, 'torch.isnan(x[0])', 'special', false],
  ['isInf', tf.isInf, 'torch.isinf(x[0])', 'special', false],
  ['isFinite', tf.isFinite, 'torch.isfinite(x[0])', 'special', false],
  ['clip', (x) => tf.clipByValue(x, -0.5, 0.75), 'torch.clamp(x[0], -0.5, 0.75)', 'special', true],
  ['cast to int32', (x) => tf.cast(x, 'int32'), undefined, 'normal', false],
  ['cast to bool', (x) => tf.cast(x, 'bool'), 'x[0] != 0', 'special', false],
];

export const unary: Family = (draw) => {
  const [name, run, torch, values, gradient] = draw.of(unaries);
  const x = floats(draw, shape(draw, 0, 7), values);
  return {
    text: `${name}(${describeInput(x)}, ${values})`,
    inputs: [x],
    run: ([a]) => run(a!),
    ...(torch ? { torch } : {}),
    gradient: gradient && values !== 'special',
  };
};

export const unaryInt: Family = (draw) => {
  const [name, run, torch] = draw.of<readonly [string, (x: Tensor) => Tensor, string]>([
    ['neg', tf.neg, '-x[0]'],
    ['square', tf.square, 'x[0] * x[0]'],
    ['relu', tf.relu, 'torch.relu(x[0])'],
    ['sign', tf.sign, 'torch.sign(x[0])'],
    ['isNaN', tf.isNaN, 'torch.isnan(x[0])'],
    ['isFinite', tf.isFinite, 'torch.isfinite(x[0])'],
    ['cast to float32', (x) => tf.cast(x, 'float32'), 'x[0].float()'],
    ['cast to bool', (x) => tf.cast(x, 'bool'), 'x[0] != 0'],
  ]);
  const x = ints(draw, shape(draw, 0, 6), -100, 100, true);
  return { text: `${name}(${describeInput(x)})`, inputs: [x], run: ([a]) => run(a!), torch };
};

type Binary = readonly [name: string, run: (a: Tensor, b: Tensor) => Tensor, torch: string | undefined, gradient: boolean];
const binaries: readonly Binary[] = [
  ['add', tf.add, 'x[0] + x[1]', true],
  ['sub', tf.sub, 'x[0] - x[1]', true],
  ['mul', tf.mul, 'x[0] * x[1]', true],
  ['div', tf.div, 'x[0] / x[1]', true],
  ['maximum', tf.maximum, 'torch.maximum(x[0], x[1])', true],
  ['minimum', tf.minimum, 'torch.minimum(x[0], x[1])', true],
  ['squaredDifference', tf.squaredDifference, '(x[0] - x[1]) ** 2', true],
  ['atan2', tf.atan2, 'torch.atan2(x[0], x[1])', true],
  ['pow', tf.pow, 'torch.pow(x[0], x[1])', false],
  ['mod', tf.mod, 'torch.remainder(x[0], x[1])', false],
  // On tfjs's cpu backend it is an integer.
  ['floorDiv', (a, b) => tf.cast(tf.floorDiv(a, b), 'int32'), undefined, false],
  ['divNoNan', tf.divNoNan, undefined, false],
  ['prelu', tf.prelu, 'torch.where(x[0] >= 0, x[0], x[0] * x[1])', true],
  ['less', tf.less, 'x[0] < x[1]', false],
  ['lessEqual', tf.lessEqual, 'x[0] <= x[1]', false],
  ['greater', tf.greater, 'x[0] > x[1]', false],
  ['greaterEqual', tf.greaterEqual, 'x[0] >= x[1]', false],
  ['equal', tf.equal, 'x[0] == x[1]', false],
  ['notEqual', tf.notEqual, 'x[0] != x[1]', false],
];

export const binary: Family = (draw) => {
  const [name, run, torch, gradient] = draw.of(binaries);
  const whole = shape(draw, 0, 7);
  const other = broadcastable(draw, whole);
  const [first, second] = name === 'prelu' || draw.chance(0.5) ? [whole, other] : [other, whole];
  const special = draw.chance(0.4) && name !== 'floorDiv' && name !== 'mod';
  const values: Values = special ? 'special' : name === 'pow' || name === 'div' ? 'positive' : 'normal';
  const inputs = [floats(draw, first, values), floats(draw, second, values)];
  return {
    text: `${name}(${inputs.map(describeInput).join(', ')}, ${values})`,
    inputs,
    run: ([a, b]) => run(a!, b!),
    // Which of special values they are is defined differently for a power's and a remainder's, and NaN goes through a maximum in PyTorch.
    ...(torch && !(special && ['pow', 'mod', 'maximum', 'minimum', 'prelu'].includes(name)) ? { torch } : {}),
    gradient: !special && (gradient || name === 'pow'),
  };
};

export const binaryInt: Family = (draw) => {
  // Products beyond 2^53 lose their last bits on tfjs's cpu backend, so a squared difference is left out.
  const [name, run, torch] = draw.of<readonly [string, (a: Tensor, b: Tensor) => Tensor, string | undefined]>([
    ['add', tf.add, 'x[0] + x[1]'],
    ['sub', tf.sub, 'x[0] - x[1]'],
    ['mul', tf.mul, 'x[0] * x[1]'],
    ['maximum', tf.maximum, 'torch.maximum(x[0], x[1])'],
    ['minimum', tf.minimum, 'torch.minimum(x[0], x[1])'],
    ['less', tf.less, 'x[0] < x[1]'],
    ['greaterEqual', tf.greaterEqual, 'x[0] >= x[1]'],
    ['equal', tf.equal, 'x[0] == x[1]'],
    ['notEqual', tf.notEqual, 'x[0] != x[1]'],
  ]);
  const whole = shape(draw, 0, 7);
  const inputs = [ints(draw, whole, -100, 100, true), ints(draw, broadcastable(draw, whole), -100, 100, true)];
  return { text: `${name}(${inputs.map(describeInput).join(', ')})`, inputs, run: ([a, b]) => run(a!, b!), ...(torch ? { torch } : {}) };
};

export const dividedInt: Family = (draw) => {
  const [name, run, torch] = draw.of<readonly [string, (a: Tensor, b: Tensor) => Tensor, string | undefined]>([
    ['floorDiv', tf.floorDiv, "torch.div(x[0], x[1], rounding_mode='floor')"],
    ['div', tf.div, undefined],
    ['mod', tf.mod, 'torch.remainder(x[0], x[1])'],
    ['pow', tf.pow, 'torch.pow(x[0], x[1])'],
  ]);
  const whole = shape(draw, 0, 5);
  const inputs = [ints(draw, whole, -100, 100, true), ints(draw, broadcastable(draw, whole), 1, 9)];
  return { text: `${name}(${inputs.map(describeInput).join(', ')})`, inputs, run: ([a, b]) => run(a!, b!), ...(torch ? { torch } : {}) };
};

export const logical: Family = (draw) => {
  const [name, run, torch] = draw.of<readonly [string, (a: Tensor, b: Tensor) => Tensor, string]>([
    ['logicalAnd', tf.logicalAnd, 'x[0] & x[1]'],
    ['logicalOr', tf.logicalOr, 'x[0] | x[1]'],
    ['logicalXor', tf.logicalXor, 'x[0] ^ x[1]'],
  ]);
  const whole = shape(draw, 0, 7);
  const inputs = [bools(draw, whole), bools(draw, broadcastable(draw, whole))];
  return { text: `${name}(${inputs.map(describeInput).join(', ')})`, inputs, run: ([a, b]) => run(a!, b!), torch };
};

export const where: Family = (draw) => {
  const whole = shape(draw, 0, 7);
  const [condition, a, b] = [whole, broadcastable(draw, whole), broadcastable(draw, whole)];
  const inputs = [bools(draw, draw.chance(0.5) ? whole : condition), floats(draw, a), floats(draw, b)];
  return {
    text: `where(${inputs.map(describeInput).join(', ')})`,
    inputs,
    run: ([c, p, q]) => tf.where(c!, p!, q!),
    torch: 'torch.where(x[0], x[1], x[2])',
    gradient: true,
  };
};

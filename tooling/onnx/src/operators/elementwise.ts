import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { given, refuse, type Operator, type Operators } from '../operator.ts';

const unary =
  (run: (x: Tensor) => Tensor): Operator =>
  (inputs) =>
    run(given(inputs, 0));
const binary =
  (run: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (inputs) =>
    run(given(inputs, 0), given(inputs, 1));
/** Of any number of inputs. */
const folded =
  (run: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (inputs) =>
    (inputs as Tensor[]).slice(1).reduce((sum, each) => run(sum, each), tf.clone(given(inputs, 0)));

export const elementwise: Operators = {
  Abs: unary(tf.abs),
  Acos: unary(tf.acos),
  Acosh: unary(tf.acosh),
  Add: binary(tf.add),
  And: binary(tf.logicalAnd),
  Asin: unary(tf.asin),
  Asinh: unary(tf.asinh),
  Atan: unary(tf.atan),
  Atanh: unary(tf.atanh),
  Ceil: unary(tf.ceil),
  Celu: ([x], a) => {
    const alpha = a.number('alpha', 1);
    return tf.add(tf.maximum(x!, 0), tf.minimum(tf.mul(alpha, tf.expm1(tf.div(x!, alpha))), 0));
  },
  Clip: ([x, low, high], a) => {
    const least = low ? low.dataSync()[0]! : a.number('min', -Infinity);
    const most = high ? high.dataSync()[0]! : a.number('max', Infinity);
    if (x!.dtype === 'int32')
      return tf.minimum(tf.maximum(x!, low ?? tf.scalar(-(2 ** 31), 'int32')), high ?? tf.scalar(2 ** 31 - 1, 'int32'));
    return least > most ? tf.minimum(tf.maximum(x!, least), most) : tf.clipByValue(x!, least, most);
  },
  Cos: unary(tf.cos),
  Cosh: unary(tf.cosh),
  Div: binary((a, b) => (a.dtype === 'int32' ? tf.floorDiv(a, b) : tf.div(a, b))),
  Elu: ([x], a) => (a.number('alpha', 1) === 1 ? tf.elu(x!) : tf.where(tf.greater(x!, 0), x!, tf.mul(a.number('alpha', 1), tf.expm1(x!)))),
  Equal: binary(tf.equal),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Floor: unary(tf.floor),
  Greater: binary(tf.greater),
  GreaterOrEqual: binary(tf.greaterEqual),
  HardSigmoid: ([x], a) => tf.clipByValue(tf.add(tf.mul(x!, a.number('alpha', 0.2)), a.number('beta', 0.5)), 0, 1),
  HardSwish: ([x]) => tf.mul(x!, tf.clipByValue(tf.add(tf.div(x!, 6), 0.5), 0, 1)),
  Identity: unary((x) => tf.clone(x)),
  IsInf: ([x], a) => {
    const infinite = tf.isInf(x!);
    const positive = a.number('detect_positive', 1) ? tf.greater(x!, 0) : tf.zerosLike(infinite);
    const negative = a.number('detect_negative', 1) ? tf.less(x!, 0) : tf.zerosLike(infinite);
    return tf.logicalAnd(infinite, tf.logicalOr(positive, negative));
  },
  IsNaN: unary(tf.isNaN),
  LeakyRelu: ([x], a) => tf.leakyRelu(x!, a.number('alpha', 0.01)),
  Less: binary(tf.less),
  LessOrEqual: binary(tf.lessEqual),
  Log: unary(tf.log),
  Max: folded(tf.maximum),
  Mean: (inputs) => tf.div(tf.addN(inputs.map((each) => tf.broadcastTo(each!, inputs[0]!.shape))), inputs.length),
  Min: folded(tf.minimum),
  Mod: ([x, y], a) =>
    // C's remainder has the sign of the first number, tfjs's that of the second.
    a.number('fmod', 0) ? tf.mul(tf.sign(x!), tf.mod(tf.abs(x!), tf.abs(y!))) : tf.mod(x!, y!),
  Mul: binary(tf.mul),
  Neg: unary(tf.neg),
  Not: unary((x) => tf.logicalNot(x)),
  Or: binary(tf.logicalOr),
  PRelu: ([x, slope]) =>
    // Before version 7 a slope for each channel had one axis.
    tf.prelu(
      x!,
      slope!.rank === 1 && slope!.size > 1 && x!.rank > 2 && slope!.size === x!.shape[1]
        ? tf.reshape(slope!, [-1, ...Array(x!.rank - 2).fill(1)] as number[])
        : slope!,
    ),
  Pow: ([a, b]) => {
    if (a!.dtype !== b!.dtype) return tf.cast(tf.pow(tf.cast(a!, 'float32'), tf.cast(b!, 'float32')), a!.dtype);
    return tf.pow(a!, b!);
  },
  Reciprocal: unary((x) => tf.reciprocal(x)),
  Relu: unary(tf.relu),
  Round: unary(tf.round),
  Selu: ([x], a) => {
    const [alpha, gamma] = [a.number('alpha', 1.67326319217681884765625), a.number('gamma', 1.05070102214813232421875)];
    if (Math.abs(alpha - 1.673_263_2) < 1e-5 && Math.abs(gamma - 1.050_701) < 1e-5) return tf.selu(x!);
    return tf.mul(gamma, tf.where(tf.greater(x!, 0), x!, tf.mul(alpha, tf.expm1(x!))));
  },
  Shrink: ([x], a) => {
    const [bias, lambda] = [a.number('bias', 0), a.number('lambd', 0.5)];
    return tf.where(tf.less(x!, -lambda), tf.add(x!, bias), tf.where(tf.greater(x!, lambda), tf.sub(x!, bias), tf.zerosLike(x!)));
  },
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Sinh: unary(tf.sinh),
  Softplus: unary(tf.softplus),
  Softsign: ([x]) => tf.div(x!, tf.add(tf.abs(x!), 1)),
  Sqrt: unary(tf.sqrt),
  Sub: binary(tf.sub),
  Sum: folded(tf.add),
  Tan: unary(tf.tan),
  Tanh: unary(tf.tanh),
  ThresholdedRelu: ([x], a) => tf.where(tf.greater(x!, a.number('alpha', 1)), x!, tf.zerosLike(x!)),
  Where: ([condition, a, b]) => tf.where(condition!, a!, b!),
  Xor: binary(tf.logicalXor),
  BitShift: () => refuse('BitShift'),
};

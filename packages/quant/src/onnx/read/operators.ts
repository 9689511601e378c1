import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activation, layerNorm, type ActivationName } from '@x/tensor';
import type { OnnxNode } from '@x/tensor/onnx';
import { dynamicQuantize, int8MaxPool, QuantizedTensor, quantizeTensor } from '@x/tensor/quant';
import { pooled } from '../../network/run-step.ts';
import { paddingOf, windowsOf } from './product.ts';
import { floats, floatsAsTheyLie, images, inOrder, isIntegers, isPending, type Value } from './value.ts';

/** What an operator makes of its inputs, by the model's version of the operators; undefined for an input that is left out. */
export type Operator = (node: OnnxNode, inputs: readonly (Value | undefined)[], opset: number) => Value | readonly Value[];

/** Numbers among ONNX's data types. */
const [FLOAT32, BOOL, FLOAT64] = [1, 9, 11] as const;
const value = (of: Value['of'], channelsLast = false, counts?: boolean): Value => ({ of, channelsLast, counts });
const number = (node: OnnxNode, name: string, otherwise: number): number => (node.attributes[name] as number | undefined) ?? otherwise;
const list = (node: OnnxNode, name: string, otherwise: readonly number[]): readonly number[] =>
  (node.attributes[name] as readonly number[] | undefined) ?? otherwise;
const whole = (of: Value | undefined): number[] => Array.from(floats(of as Value).dataSync());
/** Numbers of an input, or, as older versions have them, of an attribute. */
const numbers = (node: OnnxNode, of: Value | undefined, name: string): readonly number[] => (of ? whole(of) : list(node, name, []));

/** A function of each number, which may lie in any order. */
function elementwise(run: (x: Tensor, node: OnnxNode) => Tensor): Operator {
  return (node, [x]) => value(run(floatsAsTheyLie(x as Value), node), (x as Value).channelsLast);
}

function active(name: ActivationName): Operator {
  return elementwise((x, node) => activation(x, name, name === 'leakyRelu' ? { slope: number(node, 'alpha', 0.01) } : {}));
}

/** An operator of two numbers each, with ONNX's broadcasting, which is tfjs's. */
function binary(run: (a: Tensor, b: Tensor) => Tensor): Operator {
  return (_, inputs) => {
    const [a, b] = inputs as [Value, Value];
    const rank = (own: Value): number => (isPending(own.of) ? 4 : own.of.shape.length);
    if (a.channelsLast && b.channelsLast) return value(run(floatsAsTheyLie(a), floatsAsTheyLie(b)), true);
    // A number, or one of each channel.
    const beside = (own: Value): Tensor | undefined => {
      if (own.channelsLast || isPending(own.of)) return undefined;
      const of = floatsAsTheyLie(own);
      if (of.size === 1) return tf.reshape(of, []);
      return rank(own) >= 3 && of.size === of.shape.at(-3) ? tf.reshape(of, [of.size]) : undefined;
    };
    if (a.channelsLast && beside(b)) return value(run(floatsAsTheyLie(a), beside(b) as Tensor), true);
    if (b.channelsLast && beside(a)) return value(run(beside(a) as Tensor, floatsAsTheyLie(b)), true);
    return value(run(floats(a), floats(b)));
  };
}

/** A product with a bias that may still come goes on with it; anything else is added. */
const add: Operator = (node, inputs, opset) => {
  const [a, b] = inputs as [Value, Value];
  for (const [product, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isPending(product.of) || !product.of.open || isPending(other.of) || isIntegers(other.of) || other.channelsLast) continue;
    const { units } = product.of;
    const along = product.channelsLast ? -3 : -1;
    // Of more axes than the product it would give it more.
    const fits = product.channelsLast || other.of.rank <= 2;
    if (fits && other.of.dtype === 'float32' && other.of.size === units && (other.of.shape.at(along) ?? 1) === units)
      return value(product.of.withBias(tf.reshape(other.of, [units])), product.channelsLast);
  }
  return binary(tf.add)(node, inputs, opset);
};

/** relu, or relu6, on its way: of a product before it is done, of integers as they are. */
function clamp(name: 'relu' | 'relu6'): Operator {
  return (node, inputs, opset) => {
    const x = inputs[0] as Value;
    const waiting = isPending(x.of) ? x.of.withActivation(name) : undefined;
    return waiting ? value(waiting, x.channelsLast) : active(name)(node, inputs, opset);
  };
}

const clip: Operator = (node, inputs, opset) => {
  const [x, least, most] = inputs as [Value, Value | undefined, Value | undefined];
  const bound = (of: Value | undefined, name: string, otherwise: number): number =>
    of ? (whole(of)[0] as number) : number(node, name, otherwise);
  const [low, high] = [bound(least, 'min', -Infinity), bound(most, 'max', Infinity)];
  if (isIntegers(x.of) && x.counts) {
    // Bounds of integers are integers.
    const { scale, zeroPoint } = x.of;
    const real = tf.clipByValue(floatsAsTheyLie(x), Math.fround((low - zeroPoint) * scale), Math.fround((high - zeroPoint) * scale));
    return value(quantizeTensor(real, x.of), x.channelsLast, true);
  }
  if (low === 0 && high === Infinity) return clamp('relu')(node, inputs, opset);
  if (low === 0 && high === 6) return clamp('relu6')(node, inputs, opset);
  return value(tf.clipByValue(floatsAsTheyLie(x), Math.max(low, -3.4e38), Math.min(high, 3.4e38)), x.channelsLast);
};

const transpose: Operator = (node, [x]) => {
  const own = x as Value;
  const order = list(node, 'perm', []).join();
  if (order === '0,3,1,2' && !own.channelsLast) return value(own.of, true, own.counts);
  if (order === '0,2,3,1' && own.channelsLast) return value(own.of, false, own.counts);
  const perm = list(node, 'perm', []);
  const turned = tf.transpose(floats(own), perm.length > 0 ? [...perm] : undefined);
  return value(isIntegers(own.of) ? quantizeTensor(turned, own.of) : turned, false, own.counts);
};

const reshape: Operator = (node, [x, to]) => {
  const from = inOrder(x as Value);
  const sizes =
    node.op === 'Flatten'
      ? flattenedShape(from.shape, number(node, 'axis', 1))
      : whole(to).map((size, axis) => (size === 0 ? (from.shape[axis] as number) : size));
  const rest = from.size / sizes.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const shape = sizes.map((size) => (size === -1 ? rest : size));
  return value(from instanceof QuantizedTensor ? from.reshape(shape) : tf.reshape(from, shape), false, x?.counts);
};

function flattenedShape(shape: readonly number[], axis: number): number[] {
  const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
  return [product(shape.slice(0, axis)), product(shape.slice(axis))];
}

function pool(of: 'max' | 'average'): Operator {
  return (node, [x]) => {
    const own = images(x as Value);
    if (node.op.startsWith('Global')) {
      const y = pooled(isIntegers(own) ? floatsAsTheyLie(value(own)) : own, { kind: 'pool', name: node.op, of, windows: undefined });
      return value(tf.reshape(y, [y.shape[0] as number, 1, 1, y.shape[1] as number]), true);
    }
    const windows = windowsOf(node, 1, list(node, 'kernel_shape', []) as unknown as [number, number]);
    if (isIntegers(own) && of === 'max')
      return value(int8MaxPool(own, windows.window, { strides: windows.strides, pad: windows.padding }), true, x?.counts);
    if (of === 'average' && number(node, 'count_include_pad', 0) !== 0 && paddingOf(node) !== 'valid')
      throw new RangeError('AveragePool counts its margin (count_include_pad), which can’t be run.');
    return value(pooled(isIntegers(own) ? floatsAsTheyLie(value(own)) : own, { kind: 'pool', name: node.op, of, windows }), true);
  };
}

/** Σ (x - zero)·(w - zero) of runtime matrices, or of floats. */
const matMul: Operator = (_, [a, b]) => value(tf.matMul(floats(a as Value), floats(b as Value)));

const normalize: Operator = (node, [x, gamma, beta]) => {
  const of = floats(x as Value);
  const width = of.shape.at(-1) as number;
  const axis = number(node, 'axis', -1);
  if (axis !== -1 && axis !== of.rank - 1) throw new RangeError(`LayerNormalization along axis ${axis} of ${of.rank} can’t be run.`);
  return value(layerNorm(of, floats(gamma as Value), beta ? floats(beta) : tf.zeros([width]), { epsilon: number(node, 'epsilon', 1e-5) }));
};

const dynamic: Operator = (_, [x]) => {
  const own = x as Value;
  const q = dynamicQuantize(floatsAsTheyLie(own), { type: 'uint8' });
  return [value(q, own.channelsLast, true), value(tf.scalar(q.scale)), value(tf.scalar(q.zeroPoint))];
};

const split: Operator = (node, [x, sizes]) => {
  const of = floats(x as Value);
  const axis = (number(node, 'axis', 0) + of.rank) % of.rank;
  const all = of.shape[axis] as number;
  const parts = number(node, 'num_outputs', node.outputs.length);
  const each = Math.ceil(all / parts);
  const told = numbers(node, sizes, 'split');
  // The last is shorter where they aren't equal.
  const equal = Array.from({ length: parts }, (_, part) => Math.min(each, all - part * each));
  return tf.split(of, told.length > 0 ? [...told] : equal, axis).map((part) => value(part));
};

const slice: Operator = (node, [x, starts, ends, axes, steps]) => {
  const of = floats(x as Value);
  const [from, to, given] = [numbers(node, starts, 'starts'), numbers(node, ends, 'ends'), numbers(node, axes, 'axes')];
  const along = given.length > 0 ? given.map((axis) => (axis + of.rank) % of.rank) : from.map((_, axis) => axis);
  if (steps && whole(steps).some((step) => step !== 1)) throw new RangeError('Slice with steps other than 1 can’t be run.');
  const [begin, size] = [of.shape.map(() => 0), [...of.shape]];
  const within = (at: number, most: number): number => Math.min(Math.max(at < 0 ? at + most : at, 0), most);
  along.forEach((axis, index) => {
    const all = of.shape[axis] as number;
    begin[axis] = within(from[index] as number, all);
    size[axis] = Math.max(within(to[index] as number, all) - begin[axis], 0);
  });
  return value(tf.slice(of, begin, size));
};

/** Along any axis; before version 13, of all axes from it on together. */
const softmax: Operator = (node, [x], opset) => {
  const of = floats(x as Value);
  const axis = (number(node, 'axis', opset < 13 ? 1 : -1) + of.rank) % of.rank;
  if (opset < 13) return value(tf.reshape(tf.softmax(tf.reshape(of, flattenedShape(of.shape, axis) as [number, number])), of.shape));
  const order = of.shape.map((_, own) => own);
  [order[axis], order[of.rank - 1]] = [of.rank - 1, axis];
  return value(axis === of.rank - 1 ? tf.softmax(of) : tf.transpose(tf.softmax(tf.transpose(of, order)), order));
};

/** Zero below the diagonal k, or above it. */
const triangle: Operator = (node, [x, k]) => {
  const of = floats(x as Value);
  const [rows, columns] = of.shape.slice(-2) as [number, number];
  const diagonal = k ? (whole(k)[0] as number) : 0;
  const upper = number(node, 'upper', 1) !== 0;
  const kept = Uint8Array.from({ length: rows * columns }, (_, at) => {
    const distance = (at % columns) - Math.floor(at / columns);
    return Number(upper ? distance >= diagonal : distance <= diagonal);
  });
  return value(tf.where(tf.tensor2d(kept, [rows, columns], 'bool'), of, tf.zerosLike(of)));
};

const meanOf: Operator = (node, [x, axes]) => {
  const along = numbers(node, axes, 'axes');
  return value(tf.mean(floats(x as Value), along.length > 0 ? [...along] : undefined, number(node, 'keepdims', 1) !== 0));
};

const moved =
  (run: (x: Tensor, axes: number[]) => Tensor): Operator =>
  (node, [x, axes]) =>
    value(run(floats(x as Value), [...numbers(node, axes, 'axes')]));

const shapeOf: Operator = (node, [x]) => {
  const shape = inOrder(x as Value).shape;
  return value(tf.tensor1d(shape.slice(number(node, 'start', 0), number(node, 'end', shape.length)), 'int32'));
};

/** Negative ids count from the end. */
const gather: Operator = (node, [x, ids]) => {
  const [of, own, axis] = [floats(x as Value), tf.cast(floats(ids as Value), 'int32'), number(node, 'axis', 0)];
  return value(tf.gather(of, tf.where(tf.less(own, 0), tf.add(own, tf.scalar(of.shape.at(axis) as number, 'int32')), own), axis));
};
const concat: Operator = (node, inputs) =>
  value(
    tf.concat(
      inputs.map((own) => floats(own as Value)),
      number(node, 'axis', 0),
    ),
  );
const same: Operator = (_, [x]) => x as Value;

/** Operators but for those of quantization and of products with constants, which a model's plan makes. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: add,
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Sqrt: elementwise((x) => tf.sqrt(x)),
  Relu: clamp('relu'),
  Clip: clip,
  LeakyRelu: active('leakyRelu'),
  Elu: active('elu'),
  Selu: active('selu'),
  Sigmoid: active('sigmoid'),
  Tanh: active('tanh'),
  Softplus: active('softplus'),
  Gelu: (node, inputs, opset) => active(node.attributes['approximate'] === 'tanh' ? 'geluTanh' : 'gelu')(node, inputs, opset),
  Softmax: softmax,
  LayerNormalization: normalize,
  ReduceMean: meanOf,
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  GlobalMaxPool: pool('max'),
  GlobalAveragePool: pool('average'),
  MatMul: matMul,
  DynamicQuantizeLinear: dynamic,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: moved((x, axes) => tf.squeeze(x, axes.length > 0 ? axes : undefined)),
  Unsqueeze: moved((x, axes) => {
    const rank = x.rank + axes.length;
    const own = axes.map((axis) => (axis + rank) % rank);
    return own.sort((a, b) => a - b).reduce((of, axis) => tf.expandDims(of, axis), x);
  }),
  Split: split,
  Slice: slice,
  Concat: concat,
  Gather: gather,
  Shape: shapeOf,
  Expand: (_, [x, to]) => {
    const of = floats(x as Value);
    return value(tf.add(of, tf.zeros(whole(to), of.dtype as 'float32')));
  },
  Trilu: triangle,
  Identity: same,
  Cast: (node, [x]) => {
    const own = x as Value;
    const to = number(node, 'to', FLOAT32);
    const dtype = to === FLOAT32 || to === FLOAT64 ? 'float32' : to === BOOL ? 'bool' : 'int32';
    const of = isIntegers(own.of) && own.counts ? tf.tensor(Int32Array.from(own.of.values()), [...own.of.shape]) : floatsAsTheyLie(own);
    return isPending(own.of) && dtype === 'float32' ? own : value(tf.cast(of, dtype), own.channelsLast);
  },
  Dropout: same,
};

import type { Operation } from '../../graph/layer.ts';
import { broadcast, product, type Shape } from '../../graph/shape.ts';
import type { OnnxNode } from './onnx-graph.ts';
import type { Followed } from './onnx-shapes.ts';

/** What a node costs and gives. Without an operation it costs nothing. */
export interface UnderstoodNode {
  readonly operation: Operation;
  readonly shape: Shape;
}

/** Operations an element of nodes that go element by element. */
const unary: Readonly<Record<string, number>> = {
  Abs: 1,
  Ceil: 1,
  Clip: 2,
  Cos: 4,
  Elu: 4,
  Erf: 8,
  Exp: 4,
  Floor: 1,
  Gelu: 8,
  HardSigmoid: 3,
  HardSwish: 4,
  LeakyRelu: 2,
  Log: 4,
  Mish: 9,
  Neg: 1,
  Not: 1,
  PRelu: 2,
  Reciprocal: 1,
  Relu: 1,
  Selu: 4,
  Sigmoid: 4,
  Sign: 1,
  Sin: 4,
  Softplus: 5,
  Softsign: 3,
  Sqrt: 1,
  Swish: 5,
  Tanh: 5,
};
const joining = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Max',
  'Min',
  'Sum',
  'Mean',
  'Where',
  'Equal',
  'Greater',
  'Less',
  'And',
  'Or',
  'Mod',
  'GreaterOrEqual',
  'LessOrEqual',
]);

/** The work of a node; undefined when its kind isn't known. */
export function operationOf(
  node: OnnxNode,
  inputs: readonly (Followed | undefined)[],
  fail: (reason: string) => never,
): UnderstoodNode | undefined {
  const { op, attributes } = node;
  const shapeOf = (i: number): Shape => inputs[i]?.shape ?? fail(`input ${JSON.stringify(node.inputs[i] ?? i)} has no known shape`);
  const operations = unary[op];
  if (operations !== undefined) {
    const shape = shapeOf(0);
    return { shape, operation: { type: 'elementwise', elements: Math.max(1, product(shape)), operations } };
  }
  if (joining.has(op)) {
    const shapes = node.inputs.map((_, i) => shapeOf(i));
    const shape = broadcast(shapes) ?? fail(`its inputs [${shapes.map((s) => s.join(', ')).join('] and [')}] don’t broadcast`);
    const wide = shapes.filter((s) => product(s) === product(shape)).length;
    return {
      shape,
      operation: {
        type: 'elementwise',
        elements: Math.max(1, product(shape)),
        inputs: Math.max(1, wide),
        operations: Math.max(1, shapes.length - 1),
      },
    };
  }
  switch (op) {
    case 'Gemm': {
      const [a, b] = [shapeOf(0), shapeOf(1)];
      const [m, k] = attributes.integers.transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!];
      const [inner, n] = attributes.integers.transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!];
      if (k !== inner) fail(`multiplies [${a.join(', ')}] by [${b.join(', ')}]`);
      return { shape: [m, n], operation: { type: 'gemm', m, n, k } };
    }
    case 'MatMul':
      return matMul(shapeOf(0), shapeOf(1), fail);
    case 'Conv':
      return convolution(node, shapeOf(0), shapeOf(1), fail);
    case 'ConvTranspose': {
      const [x, w] = [shapeOf(0), shapeOf(1)];
      if (x.length !== 4) return fail('isn’t over images');
      const [strides, pads] = [attributes.lists.strides ?? [1, 1], attributes.lists.pads ?? [0, 0, 0, 0]];
      const extra = attributes.lists.output_padding ?? [0, 0];
      const out = [0, 1].map((d) => (x[d + 2]! - 1) * strides[d]! + w[d + 2]! - pads[d]! - pads[d + 2]! + extra[d]!);
      const shape = [x[0]!, w[1]! * (attributes.integers.group ?? 1), ...out];
      return { shape, operation: { type: 'gemm', m: x[0]! * x[2]! * x[3]!, n: w[1]! * w[2]! * w[3]!, k: w[0]! } };
    }
    case 'MaxPool':
    case 'AveragePool': {
      const x = shapeOf(0);
      const window = attributes.lists.kernel_shape ?? fail('has no kernel_shape');
      const shape = [x[0]!, x[1]!, ...window.map((k, d) => along(node, x[d + 2]!, k, d, window.length).out)];
      const each = product(window);
      return { shape, operation: { type: 'elementwise', elements: product(shape), inputs: each, operations: each } };
    }
    case 'GlobalAveragePool':
    case 'GlobalMaxPool': {
      const x = shapeOf(0);
      const each = product(x.slice(2));
      return {
        shape: [x[0]!, x[1]!, ...x.slice(2).map(() => 1)],
        operation: { type: 'elementwise', elements: x[0]! * x[1]!, inputs: each, operations: each },
      };
    }
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceMax':
    case 'ReduceMin':
    case 'ReduceL2': {
      const x = shapeOf(0);
      const given = attributes.lists.axes ?? inputs[1]?.values ?? x.map((_, i) => i);
      const axes = given.map((axis) => (axis < 0 ? axis + x.length : axis));
      const keep = attributes.integers.keepdims !== 0;
      const shape = x.flatMap((size, i) => (axes.includes(i) ? (keep ? [1] : []) : [size]));
      const each = product(axes.map((axis) => x[axis]!));
      return { shape, operation: { type: 'elementwise', elements: Math.max(1, product(shape)), inputs: each, operations: each } };
    }
    case 'BatchNormalization': {
      const x = shapeOf(0);
      return { shape: x, operation: { type: 'norm', kind: 'batch', rows: product(x) / x[1]!, columns: x[1]! } };
    }
    case 'InstanceNormalization':
    case 'GroupNormalization': {
      const x = shapeOf(0);
      return { shape: x, operation: { type: 'norm', kind: 'layer', rows: product(x) / x[1]!, columns: x[1]! } };
    }
    case 'LayerNormalization':
    case 'RMSNormalization':
    case 'SimplifiedLayerNormalization': {
      const x = shapeOf(0);
      const axis = attributes.integers.axis ?? -1;
      const columns = product(x.slice(axis < 0 ? axis + x.length : axis));
      return {
        shape: x,
        operation: { type: 'norm', kind: op === 'LayerNormalization' ? 'layer' : 'rms', rows: product(x) / columns, columns },
      };
    }
    case 'LRN': {
      const x = shapeOf(0);
      return { shape: x, operation: { type: 'elementwise', elements: product(x), operations: 2 * (attributes.integers.size ?? 1) + 4 } };
    }
    case 'Softmax':
    case 'LogSoftmax': {
      const x = shapeOf(0);
      const axis = attributes.integers.axis ?? -1;
      const columns = x[axis < 0 ? axis + x.length : axis]!;
      return { shape: x, operation: { type: 'softmax', rows: product(x) / columns, columns } };
    }
    case 'Gather': {
      const [table, indices] = [shapeOf(0), shapeOf(1)];
      const axis = attributes.integers.axis ?? 0;
      const at = axis < 0 ? axis + table.length : axis;
      const shape = [...table.slice(0, at), ...indices, ...table.slice(at + 1)];
      if (at !== 0 || table.length !== 2)
        return { shape, operation: { type: 'elementwise', elements: Math.max(1, product(shape)), operations: 0 } };
      return { shape, operation: { type: 'embedding', lookups: Math.max(1, product(indices)), rows: table[0]!, columns: table[1]! } };
    }
    case 'Resize':
    case 'Upsample': {
      const x = shapeOf(0);
      const sizes = inputs[3]?.values ?? fail('its sizes aren’t known');
      return {
        shape: sizes,
        operation: { type: 'elementwise', elements: product(sizes), operations: op === 'Resize' && x.length === 4 ? 7 : 1 },
      };
    }
    default:
      return undefined;
  }
}

function matMul(a: Shape, b: Shape, fail: (reason: string) => never): UnderstoodNode {
  if (a.length === 0 || b.length === 0) return fail('multiplies a scalar');
  const [left, right] = [a.length === 1 ? [1, a[0]!] : a, b.length === 1 ? [b[0]!, 1] : b];
  const [m, k, inner, n] = [left.at(-2)!, left.at(-1)!, right.at(-2)!, right.at(-1)!];
  const outer = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (k !== inner || !outer) return fail(`multiplies [${a.join(', ')}] by [${b.join(', ')}]`);
  const shape = [...outer, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  // One matrix on the right for all, or one for each on the left.
  if (right.length === 2) return { shape, operation: { type: 'gemm', m: product(outer) * m, n, k } };
  return { shape, operation: { type: 'gemm', m, n, k, batch: Math.max(1, product(outer)) } };
}

/** Output size along an axis, and the size the windows span, padding included. */
function along(
  { attributes }: OnnxNode,
  size: number,
  kernel: number,
  d: number,
  rank: number,
): { out: number; span: number; stride: number } {
  const stride = attributes.lists.strides?.[d] ?? 1;
  const reach = (attributes.lists.dilations?.[d] ?? 1) * (kernel - 1) + 1;
  const pads = (attributes.lists.pads?.[d] ?? 0) + (attributes.lists.pads?.[d + rank] ?? 0);
  const same = (attributes.texts.auto_pad ?? 'NOTSET').startsWith('SAME');
  const exact = (size + pads - reach) / stride + 1;
  const out = same ? Math.ceil(size / stride) : attributes.integers.ceil_mode ? Math.ceil(exact) : Math.floor(exact);
  return { out, span: (out - 1) * stride + kernel, stride };
}

function convolution(node: OnnxNode, x: Shape, w: Shape, fail: (reason: string) => never): UnderstoodNode {
  if (x.length !== w.length || x.length < 3 || x.length > 4)
    return fail(`convolves [${x.join(', ')}] with [${w.join(', ')}], expected one or two dimensions`);
  const group = node.attributes.integers.group ?? 1;
  const [batch, channels] = x as [number, number];
  const [filters, depth] = w as [number, number];
  if (depth * group !== channels) fail(`has ${channels} channels, but filters of ${depth} in ${group} groups`);
  // One dimension is an image of one row.
  const rank = x.length - 2;
  const axes = w.slice(2).map((kernel, d) => ({ kernel, ...along(node, x[d + 2]!, kernel, d, rank) }));
  const [h, v] = rank === 1 ? [{ kernel: 1, out: 1, span: 1, stride: 1 }, axes[0]!] : [axes[0]!, axes[1]!];
  const shape = [batch, filters, ...axes.map(({ out }) => out)];
  if (shape.some((size) => size < 1)) fail(`leaves nothing of [${x.join(', ')}]`);
  const common = {
    height: h.span,
    width: v.span,
    kernelHeight: h.kernel,
    kernelWidth: v.kernel,
    strideHeight: h.stride,
    strideWidth: v.stride,
    batch,
  };
  if (group === 1) return { shape, operation: { type: 'conv', channels, filters, ...common } };
  if (group === channels) return { shape, operation: { type: 'depthwise', channels, multiplier: filters / channels, ...common } };
  return { shape, operation: { type: 'gemm', m: batch * h.out * v.out, n: filters / group, k: h.kernel * v.kernel * depth, batch: group } };
}

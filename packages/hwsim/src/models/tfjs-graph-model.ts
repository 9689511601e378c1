import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph, Operation } from '../graph/layer.ts';
import { broadcast, product, type Shape } from '../graph/shape.ts';
import { ParseError } from '../parse-error.ts';
import { requireInteger, requireOptions } from '../validation.ts';
import { graphNodes, type GraphNode } from './tfjs-graph-nodes.ts';

/** A value while it is followed: its shape, and its whole numbers where they are known. */
interface Value {
  readonly shape: Shape;
  readonly numbers?: readonly number[] | undefined;
}

/** Operations an element of nodes that go element by element. */
const unary: Readonly<Record<string, number>> = {
  Abs: 1,
  Elu: 4,
  Erf: 8,
  Exp: 4,
  LeakyRelu: 2,
  Log: 4,
  Neg: 1,
  Prelu: 2,
  Relu: 1,
  Relu6: 2,
  Rsqrt: 2,
  Selu: 4,
  Sigmoid: 4,
  Softplus: 5,
  Sqrt: 1,
  Square: 1,
  Tanh: 5,
};
const joining = new Set(['Add', 'AddV2', 'AddN', 'BiasAdd', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Pow']);
const views = new Set(['Identity', 'Reshape', 'Squeeze', 'ExpandDims', 'StopGradient', 'Cast', 'NoOp']);

/**
 * Reads a TensorFlow.js graph model (`model.json`, converted from TensorFlow): shapes are followed from the placeholders through the nodes.
 *
 * @param json the parsed file
 * @param options.batch samples: the first axis of placeholders that leave it open
 * @param options.weights the bytes of the manifest's files, one after another; needed where a node's sizes lie in them (Reshape, Pad, ...)
 * @throws ParseError naming the node, its operator and the reason
 */
export function readTfjsGraphModel(json: unknown, options: { batch?: number; name?: string; weights?: Uint8Array } = {}): LayerGraph {
  const { batch = 1, name = 'model.json', weights } = requireOptions(options);
  requireInteger('options.batch', batch);
  const { nodes, constants } = graphNodes(json, name, weights);
  const values = new Map<string, Value>();
  const sources = new Map<string, readonly string[]>();
  const layers: Layer[] = [];
  /** Nodes that depend on a placeholder; all others are weights. */
  const computedFrom = new Set<string>();
  nodes.forEach((node) => {
    const fail = (reason: string): never => {
      throw new ParseError(name, 0, `node ${JSON.stringify(node.name)} (${node.op}): ${reason}`);
    };
    if (node.op === 'Const') {
      const constant = constants.get(node.name) ?? fail('has no weight of its name in weightsManifest');
      values.set(node.name, constant);
      return;
    }
    if (node.op === 'Placeholder') {
      const stated = node.shape ?? fail('has no shape');
      const shape = stated.map((size, axis) =>
        size >= 0 ? size : axis === 0 ? batch : fail(`leaves axis ${axis} open; convert the model with a fixed input shape`),
      );
      values.set(node.name, { shape });
      computedFrom.add(node.name);
      return;
    }
    const inputs = node.inputs.map((input) => values.get(input) ?? fail(`reads ${JSON.stringify(input)}, which isn't before it`));
    const { operation, output } = understand(node, inputs, fail);
    values.set(node.name, output);
    if (node.inputs.some((input) => computedFrom.has(input))) computedFrom.add(node.name);
    const reads = [...new Set(node.inputs.flatMap((input) => sources.get(input) ?? []))];
    if (!operation) {
      sources.set(node.name, reads);
      return;
    }
    const bits = node.inputs.map((input) => constants.get(input)?.bits ?? 32).reduce((a, b) => Math.min(a, b), 32);
    const dynamic = operation.type === 'gemm' && computedFrom.has(node.inputs[1] ?? '');
    layers.push({
      name: node.name,
      operation: dynamic ? { ...operation, right: 'activations' } : operation,
      inputs: reads,
      ...(bits < 32 && { weights: { bits } }),
    });
    sources.set(node.name, [node.name]);
  });
  if (layers.length === 0) throw new ParseError(name, 0, 'no node computes anything');
  const first = nodes.find(({ op }) => op === 'Placeholder');
  try {
    return layerGraph(name, layers, { batch: (first && values.get(first.name)?.shape[0]) || batch });
  } catch (error) {
    throw new ParseError(name, 0, (error as Error).message);
  }
}

function understand(node: GraphNode, inputs: readonly Value[], fail: (reason: string) => never): { operation?: Operation; output: Value } {
  const { op } = node;
  const shapeOf = (i: number): Shape => inputs[i]?.shape ?? fail(`has no input ${i}`);
  const numbersOf = (i: number): readonly number[] =>
    inputs[i]?.numbers ?? fail(`needs the values of ${JSON.stringify(node.inputs[i])}; give the weights' bytes (options.weights)`);
  const elementwise = (shape: Shape, operations: number, read = 1): { operation: Operation; output: Value } => ({
    operation: { type: 'elementwise', elements: Math.max(1, product(shape)), inputs: read, operations },
    output: { shape },
  });
  if (unary[op] !== undefined) return elementwise(shapeOf(0), unary[op]);
  if (joining.has(op)) {
    const shapes = inputs.map(({ shape }) => shape);
    const shape = broadcast(shapes) ?? fail(`its inputs [${shapes.map((s) => s.join(', ')).join('] and [')}] don’t broadcast`);
    return elementwise(shape, Math.max(1, shapes.length - 1), Math.max(1, shapes.filter((s) => product(s) === product(shape)).length));
  }
  const axis = (at: number, rank: number): number => (at < 0 ? at + rank : at);
  switch (op) {
    case 'Conv2D':
    case '_FusedConv2D':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2dNative':
      return convolution(node, shapeOf(0), shapeOf(1), fail);
    case 'MatMul':
    case '_FusedMatMul':
    case 'BatchMatMul':
    case 'BatchMatMulV2': {
      const flip = (shape: Shape, flag: boolean | undefined): Shape =>
        flag ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
      const a = flip(shapeOf(0), node.flags.transpose_a ?? node.flags.adj_x);
      const b = flip(shapeOf(1), node.flags.transpose_b ?? node.flags.adj_y);
      const outer = broadcast([a.slice(0, -2), b.slice(0, -2)]);
      const [m, k, inner, n] = [a.at(-2)!, a.at(-1)!, b.at(-2)!, b.at(-1)!];
      if (a.length < 2 || b.length < 2 || k !== inner || !outer) return fail(`multiplies [${a.join(', ')}] by [${b.join(', ')}]`);
      const shared = b.length === 2;
      return {
        operation: { type: 'gemm', m: shared ? product(outer) * m : m, n, k, ...(!shared && { batch: Math.max(1, product(outer)) }) },
        output: { shape: [...outer, m, n] },
      };
    }
    case 'MaxPool':
    case 'AvgPool': {
      const x = shapeOf(0);
      const [height, width] = (node.lists.ksize ?? fail('has no ksize')).slice(1, 3) as [number, number];
      const along = (size: number, kernel: number, d: number): number => windows(node, size, kernel, d).out;
      const shape = [x[0]!, along(x[1]!, height, 0), along(x[2]!, width, 1), x[3]!];
      return elementwise(shape, height * width, height * width);
    }
    case 'Mean':
    case 'Sum':
    case 'Max':
    case 'Min': {
      const x = shapeOf(0);
      const over = numbersOf(1).map((at) => axis(at, x.length));
      const shape = x.flatMap((size, i) => (over.includes(i) ? (node.flags.keep_dims ? [1] : []) : [size]));
      const each = product(over.map((at) => x[at]!));
      return elementwise(shape, each, each);
    }
    case 'FusedBatchNorm':
    case 'FusedBatchNormV2':
    case 'FusedBatchNormV3': {
      const x = shapeOf(0);
      return { operation: { type: 'norm', kind: 'batch', rows: product(x) / x.at(-1)!, columns: x.at(-1)! }, output: { shape: x } };
    }
    case 'Softmax': {
      const x = shapeOf(0);
      return { operation: { type: 'softmax', rows: product(x) / x.at(-1)!, columns: x.at(-1)! }, output: { shape: x } };
    }
    case 'GatherV2': {
      const [table, indices] = [shapeOf(0), shapeOf(1)];
      const shape = [...indices, ...table.slice(1)];
      if (table.length !== 2) return elementwise(shape, 0);
      return {
        operation: { type: 'embedding', lookups: Math.max(1, product(indices)), rows: table[0]!, columns: table[1]! },
        output: { shape },
      };
    }
    case 'ConcatV2': {
      const shapes = inputs.slice(0, -1).map(({ shape }) => shape);
      const at = axis(numbersOf(inputs.length - 1)[0]!, shapes[0]!.length);
      return elementwise(
        shapes[0]!.map((size, i) => (i === at ? shapes.reduce((sum, s) => sum + s[i]!, 0) : size)),
        0,
      );
    }
    case 'Pad':
    case 'PadV2':
    case 'MirrorPad': {
      const pads = numbersOf(1);
      return elementwise(
        shapeOf(0).map((size, i) => size + (pads[2 * i] ?? 0) + (pads[2 * i + 1] ?? 0)),
        0,
      );
    }
    case 'Transpose': {
      const x = shapeOf(0);
      return elementwise(
        numbersOf(1).map((from) => x[from]!),
        0,
      );
    }
    case 'ResizeBilinear':
    case 'ResizeNearestNeighbor': {
      const x = shapeOf(0);
      const [height, width] = numbersOf(1) as [number, number];
      return elementwise([x[0]!, height, width, x[3]!], op === 'ResizeBilinear' ? 7 : 1);
    }
    default:
      if (!views.has(op)) return fail('the operator isn’t understood; run the model under tf.profile and use fromProfile');
      return { output: viewed(node, inputs, numbersOf, fail) };
  }
}

/** What nodes give that only look at their input otherwise. */
function viewed(
  node: GraphNode,
  inputs: readonly Value[],
  numbersOf: (i: number) => readonly number[],
  fail: (reason: string) => never,
): Value {
  const [x] = inputs;
  if (!x) return { shape: [] };
  const { shape } = x;
  switch (node.op) {
    case 'Reshape': {
      const wanted = numbersOf(1);
      const known = wanted.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
      const result = wanted.map((size) => (size === -1 ? product(shape) / known : size));
      if (product(result) !== product(shape)) fail(`reshapes [${shape.join(', ')}] to [${wanted.join(', ')}], which has other elements`);
      return { shape: result };
    }
    case 'Squeeze': {
      const which = (node.lists.squeeze_dims ?? node.lists.axis ?? []).map((at) => (at < 0 ? at + shape.length : at));
      return { shape: shape.filter((size, i) => (which.length > 0 ? !which.includes(i) : size !== 1)) };
    }
    case 'ExpandDims': {
      const at = numbersOf(1)[0]!;
      return { shape: shape.toSpliced(at < 0 ? at + shape.length + 1 : at, 0, 1) };
    }
    default:
      return x;
  }
}

/** Output size along a spatial axis, and what its windows span with padding. */
function windows(node: GraphNode, size: number, kernel: number, d: number): { out: number; span: number; stride: number } {
  const stride = node.lists.strides?.[d + 1] ?? 1;
  const reach = (node.lists.dilations?.[d + 1] ?? 1) * (kernel - 1) + 1;
  const pads = node.lists.explicit_paddings?.slice(2 * (d + 1), 2 * (d + 2)).reduce((a, b) => a + b, 0) ?? 0;
  const out = node.texts.padding === 'SAME' ? Math.ceil(size / stride) : Math.floor((size + pads - reach) / stride) + 1;
  return { out, span: (out - 1) * stride + kernel, stride };
}

function convolution(node: GraphNode, x: Shape, w: Shape, fail: (reason: string) => never): { operation: Operation; output: Value } {
  if (x.length !== 4 || w.length !== 4 || (node.texts.data_format ?? 'NHWC') !== 'NHWC')
    return fail(`convolves [${x.join(', ')}] with [${w.join(', ')}], expected images with channels last`);
  const [kernelHeight, kernelWidth, depth, filters] = w as [number, number, number, number];
  if (x[3] !== depth) fail(`has ${x[3]} channels, but filters of ${depth}`);
  const [h, v] = [windows(node, x[1]!, kernelHeight, 0), windows(node, x[2]!, kernelWidth, 1)];
  if (h.out < 1 || v.out < 1) fail(`leaves nothing of [${x.join(', ')}]`);
  const common = {
    height: h.span,
    width: v.span,
    channels: depth,
    kernelHeight,
    kernelWidth,
    strideHeight: h.stride,
    strideWidth: v.stride,
    batch: x[0]!,
  };
  const depthwise = node.op.includes('Depthwise');
  return {
    operation: depthwise ? { type: 'depthwise', ...common, multiplier: filters } : { type: 'conv', ...common, filters },
    output: { shape: [x[0]!, h.out, v.out, depthwise ? depth * filters : filters] },
  };
}

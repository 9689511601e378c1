import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph, Operation, TensorFormat } from '../graph/layer.ts';
import { requireObject, requireOptions } from '../validation.ts';

/**
 * What is asked of a network's layer: its kind, the shapes of its variables, and the shape of its output. Layers of `@x/tensor` and of the packages on it have these;
 * nothing of them is imported here.
 */
export interface NetworkLayer {
  readonly kind: string;
  readonly variables: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly parts?: Readonly<Record<string, NetworkLayer>>;
  outputShape(shape: readonly (number | null)[]): readonly (number | null)[];
}

/** Kinds that only look at their input otherwise, or act in training alone. */
const free = new Set(['flatten', 'unflatten', 'dropout']);

/** Operations an element of kinds that go element by element. */
const perElement: Readonly<Record<string, number>> = { activation: 1, positionalEmbedding: 1 };

interface Walk {
  readonly layers: Layer[];
  /** What computes the values that are under way; undefined for the network's own input. */
  from: string | undefined;
  shape: readonly number[];
}

/**
 * The layer graph of a network of `@x/tensor`, `@x/sparse` or of layers like theirs, as a pass of an input of this shape would run it. Containers are walked through,
 * ways around are sums; density is that of the non-zeros there are. Biases and activations within a layer are part of it.
 *
 * @param net a layer or a container of layers
 * @param shape of the input, the batch first
 * @param options.name the graph's; `net` when left out
 * @throws RangeError naming the layer whose kind isn't understood or whose shape doesn't fit
 * @example fromLayers(sequential([dense(784, 10, { key })]), [128, 784]).layers[0].operation // a gemm of m 128, n 10, k 784
 */
export function fromLayers(net: NetworkLayer, shape: readonly number[], options: { name?: string } = {}): LayerGraph {
  const { name = 'net' } = requireOptions(options);
  if (typeof net?.outputShape !== 'function' || typeof net.kind !== 'string')
    throw new RangeError(`fromLayers: net is ${JSON.stringify(net) ?? String(net)}, expected a layer with kind, variables and outputShape`);
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new RangeError(`fromLayers: shape is ${JSON.stringify(shape)}, expected whole numbers of at least 1, the batch first`);
  const walk: Walk = { layers: [], from: undefined, shape };
  follow(net, '', walk);
  if (walk.layers.length === 0) throw new RangeError('fromLayers: no layer of the network computes anything');
  return layerGraph(name, walk.layers, { batch: shape[0]! });
}

function follow(layer: NetworkLayer, path: string, walk: Walk): void {
  const { kind, parts } = layer;
  const within = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (kind === 'residual' && parts) {
    const [from, shape] = [walk.from, walk.shape];
    follow(parts.inner!, within('inner'), walk);
    const through = walk.from;
    Object.assign(walk, { from, shape });
    if (parts.shortcut) follow(parts.shortcut, within('shortcut'), walk);
    put(walk, within('add'), { type: 'elementwise', elements: size(walk.shape), inputs: 2 }, {}, walk.shape, [through, walk.from]);
    return;
  }
  const children = parts ?? (layer as { layers?: readonly NetworkLayer[] }).layers;
  if (kind === 'sequential' && children) {
    for (const [name, child] of Object.entries(children)) follow(child, within(name), walk);
    return;
  }
  const output = layer.outputShape(walk.shape);
  if (output.some((part) => part === null))
    throw new RangeError(
      `fromLayers: layer ${path || kind} gives the shape [${output.join(', ')}] with open sizes; give all sizes of the input`,
    );
  understand(layer, path === '' ? kind : `${path} ${kind}`, walk, output as readonly number[]);
}

function understand(layer: NetworkLayer, name: string, walk: Walk, output: readonly number[]): void {
  const { kind, variables } = layer;
  requireObject(`net: the variables of ${name}`, variables);
  const { shape } = walk;
  const [last, out] = [shape.at(-1)!, output.at(-1)!];
  const weight = variables.weight?.shape;
  const done = (operation: Operation, formats: Pick<Layer, 'weights'> = {}): void => put(walk, name, operation, formats, output);
  if (free.has(kind)) {
    walk.shape = output;
    return;
  }
  if (perElement[kind] !== undefined) return done({ type: 'elementwise', elements: size(output), operations: perElement[kind] });
  switch (kind) {
    case 'dense':
      return done({ type: 'gemm', m: size(shape) / last, n: out, k: last });
    case 'sparseLinear':
    case 'blockLinear':
      return done({ type: 'gemm', m: size(shape) / last, n: out, k: last }, { weights: sparseFormat(layer, last * out) });
    case 'conv1d':
    case 'conv2d':
    case 'conv2dTranspose':
    case 'depthwiseConv2d':
      if (weight) return done(convolution(layer, weight, shape, output));
      break;
    case 'maxPool2d':
    case 'averagePool2d': {
      const [height, width] = (layer as { window?: readonly [number, number] }).window ?? [2, 2];
      return done({ type: 'elementwise', elements: size(output), inputs: height * width, operations: height * width });
    }
    case 'globalAveragePool':
    case 'globalMaxPool': {
      const window = size(shape) / size(output);
      return done({ type: 'elementwise', elements: size(output), inputs: window, operations: window });
    }
    case 'batchNorm':
      return done({ type: 'norm', kind: 'batch', rows: size(shape) / last, columns: last });
    case 'layerNorm':
    case 'groupNorm':
      return done({ type: 'norm', kind: 'layer', rows: size(shape) / last, columns: last });
    case 'rmsNorm':
      return done({ type: 'norm', kind: 'rms', rows: size(shape) / last, columns: last });
    case 'embedding':
      if (weight) return done({ type: 'embedding', lookups: size(shape), rows: weight[0]!, columns: weight[1]! });
      break;
    case 'attention':
      return attention(layer, name, walk);
  }
  throw new RangeError(
    `fromLayers: layer ${name}, a ${JSON.stringify(kind)}, isn't understood; run the network under tf.profile and use fromProfile, or describe it with layerGraph`,
  );
}

/** Self-attention as its parts: one product for queries, keys and values, attention, and the product that joins the heads. */
function attention(layer: NetworkLayer, name: string, walk: Walk): void {
  const [batch, length, width] = walk.shape as [number, number, number];
  const rows = batch * length;
  if (!layer.variables['qkv.weight'])
    throw new RangeError(
      `fromLayers: layer ${name} attends to another sequence, whose length isn't known here; describe it with layerGraph`,
    );
  const heads = (layer as { heads?: number }).heads ?? 1;
  put(walk, `${name} qkv`, { type: 'gemm', m: rows, n: 3 * width, k: width }, {}, [batch, length, 3 * width]);
  const operation = { type: 'attention', batch, heads, queryLength: length, keyLength: length, headSize: width / heads } as const;
  put(walk, `${name} heads`, operation, {}, [batch, length, width]);
  put(walk, `${name} out`, { type: 'gemm', m: rows, n: width, k: width }, {}, [batch, length, width]);
}

/** A convolution by the shapes of its weight and of what goes in and comes out: padding counts as part of the input. */
function convolution(layer: NetworkLayer, weight: readonly number[], shape: readonly number[], output: readonly number[]): Operation {
  // One dimension is an image of one row.
  const image = (sizes: readonly number[]): readonly number[] => (sizes.length === 3 ? [sizes[0]!, 1, ...sizes.slice(1)] : sizes);
  const [batch, inHeight, inWidth, channels] = image(shape) as [number, number, number, number];
  const [, outHeight, outWidth] = image(output) as [number, number, number, number];
  const [kernelHeight, kernelWidth, depth, filters] = (weight.length === 3 ? [1, ...weight] : weight) as [number, number, number, number];
  // A transposed one does the products of the convolution that goes the other way.
  if (layer.kind === 'conv2dTranspose')
    return { type: 'gemm', m: batch * inHeight * inWidth, n: kernelHeight * kernelWidth * depth, k: channels };
  const { strides } = layer as { strides?: readonly [number, number] };
  const along = (input: number, out: number, kernel: number, stride?: number): { size: number; stride: number } => {
    const step = stride ?? Math.max(1, Math.round(input / out));
    return { size: (out - 1) * step + kernel, stride: step };
  };
  const [y, x] = [along(inHeight, outHeight, kernelHeight, strides?.[0]), along(inWidth, outWidth, kernelWidth, strides?.[1])];
  const common = { height: y.size, width: x.size, kernelHeight, kernelWidth, strideHeight: y.stride, strideWidth: x.stride, batch };
  if (layer.kind === 'depthwiseConv2d') return { type: 'depthwise', channels, multiplier: filters, ...common };
  const groups = channels / depth;
  if (groups === 1) return { type: 'conv', channels, filters, ...common };
  return { type: 'gemm', m: batch * outHeight * outWidth, n: filters / groups, k: kernelHeight * kernelWidth * depth, batch: groups };
}

function sparseFormat(layer: NetworkLayer, elements: number): TensorFormat {
  const { pattern } = layer as { pattern?: { nonZeros?: number; block?: readonly [number, number] } };
  const density = (pattern?.nonZeros ?? layer.variables.values!.shape[0]!) / elements;
  const block = pattern?.block;
  return { density: block ? { kind: 'block', density, rows: block[0], columns: block[1] } : { kind: 'unstructured', density } };
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function put(
  walk: Walk,
  name: string,
  operation: Operation,
  formats: Pick<Layer, 'weights'>,
  output: readonly number[],
  reads: readonly (string | undefined)[] = [walk.from],
): void {
  walk.layers.push({ name, operation, ...formats, inputs: reads.filter((from) => from !== undefined) });
  walk.from = name;
  walk.shape = output;
}

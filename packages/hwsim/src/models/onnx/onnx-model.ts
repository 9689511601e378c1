import { layerGraph } from '../../graph/layer-graph.ts';
import type { Layer, LayerGraph, Operation } from '../../graph/layer.ts';
import { product } from '../../graph/shape.ts';
import { ParseError } from '../../parse-error.ts';
import { requireInteger, requireOptions } from '../../validation.ts';
import { readOnnxGraph, type OnnxGraph } from './onnx-graph.ts';
import { operationOf } from './onnx-operations.ts';
import { rearranged, type Followed } from './onnx-shapes.ts';
import { WireError } from './protobuf-fields.ts';

/** Nodes that cost nothing, and those that only move what they are given. */
const free = new Set([
  'Constant',
  'Shape',
  'Size',
  'CastLike',
  'ConstantOfShape',
  'Identity',
  'Cast',
  'Dropout',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'QuantizeLinear',
  'DequantizeLinear',
]);

export interface OnnxOptions {
  /** Of the graph, and in errors. */
  readonly name?: string;
  /** Samples: the first axis of each input where the file leaves it open. 1 when left out. */
  readonly batch?: number;
  /** Sizes of other axes that the file leaves open, by the names it gives them. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/**
 * The layer graph of an ONNX model: shapes are followed from the inputs through the nodes, weights keep the bits they are stored in when those are fewer than 32.
 * The weights' values aren't read. Protobuf's wire format is read by `@bufbuild/protobuf`, which looks at bounds, as smaller readers don't.
 *
 * @param bytes the file's content
 * @throws ParseError naming the file, the node and the reason: bytes that aren't a model, open sizes, operators that aren't understood, shapes that don't fit
 * @example readOnnxModel(readFileSync('mobilenet.onnx'), { batch: 8 })
 */
export function readOnnxModel(bytes: Uint8Array, options: OnnxOptions = {}): LayerGraph {
  const { name = 'model.onnx', batch = 1, sizes = {} } = requireOptions(options);
  requireInteger('options.batch', batch);
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`bytes is ${typeof bytes}, expected a Uint8Array`);
  let graph: OnnxGraph;
  try {
    graph = readOnnxGraph(bytes);
  } catch (error) {
    if (error instanceof WireError) throw new ParseError(name, 0, error.message);
    throw error;
  }
  const values = new Map<string, Followed>();
  for (const [of, { shape, values: known, bits }] of graph.constants) values.set(of, { shape, values: known, bits });
  for (const input of graph.inputs) values.set(input, { shape: inputShape(graph, input, name, batch, sizes) });
  const first = values.get(graph.inputs[0] ?? '')?.shape[0] ?? batch;
  const layers: Layer[] = [];
  /** The layers that computed a value. */
  const sources = new Map<string, readonly string[]>();
  const used = new Set<string>();
  /** Values that depend on an input; all others are weights. */
  const computedFrom = new Set(graph.inputs);
  graph.nodes.forEach((node, i) => {
    const fail = (reason: string): never => {
      throw new ParseError(name, 0, `node ${i} ${JSON.stringify(node.name)} (${node.op}): ${reason}`);
    };
    const inputs = node.inputs.map((input) => values.get(input));
    if (node.inputs.some((input) => computedFrom.has(input))) for (const output of node.outputs) computedFrom.add(output);
    const reads = [...new Set(node.inputs.flatMap((input) => sources.get(input) ?? []))];
    const moved = rearranged(node, inputs, fail);
    const understood = moved ? undefined : operationOf(node, inputs, fail);
    if (!moved && !understood)
      fail(
        `the operator isn’t understood${node.attributes.texts.domain ? ` (domain ${node.attributes.texts.domain})` : ''}; describe the model in code with layerGraph`,
      );
    const outputs: readonly Followed[] = moved ?? [{ shape: understood!.shape }];
    node.outputs.forEach((output, o) => outputs[o] && values.set(output, outputs[o]));
    const computed = moved?.every(({ values: known }) => known !== undefined) ?? false;
    if (free.has(node.op) || computed) {
      for (const output of node.outputs) sources.set(output, reads);
      return;
    }
    const elements = product(outputs[0]!.shape);
    if (elements === 0) return;
    const label = used.has(node.name) ? `${node.name} #${i}` : node.name;
    used.add(label);
    const bits = weightBits(inputs);
    const operation: Operation = understood?.operation ?? { type: 'elementwise', elements, operations: 0 };
    layers.push({
      name: label,
      operation: operation.type === 'gemm' && computedFrom.has(node.inputs[1] ?? '') ? { ...operation, right: 'activations' } : operation,
      inputs: reads,
      ...(bits < 32 && { weights: { bits } }),
    });
    for (const output of node.outputs) sources.set(output, [label]);
  });
  if (layers.length === 0) throw new ParseError(name, 0, 'no node computes anything');
  try {
    return layerGraph(name, layers, { batch: first });
  } catch (error) {
    throw new ParseError(name, 0, (error as Error).message);
  }
}

function inputShape(graph: OnnxGraph, input: string, file: string, batch: number, sizes: Readonly<Record<string, number>>): number[] {
  const stated = graph.shapes.get(input);
  if (!stated) throw new ParseError(file, 0, `input ${JSON.stringify(input)} has no shape in the file`);
  return stated.map((size, axis) => {
    const given =
      typeof size === 'string' ? (sizes[size] ?? (axis === 0 ? batch : undefined)) : size >= 0 ? size : axis === 0 ? batch : undefined;
    if (given === undefined)
      throw new ParseError(
        file,
        0,
        `input ${JSON.stringify(input)} leaves axis ${axis} open${typeof size === 'string' ? ` (${JSON.stringify(size)}); give options.sizes.${size}` : '; fix it in the file'}`,
      );
    if (!Number.isSafeInteger(given) || given < 1)
      throw new ParseError(
        file,
        0,
        `input ${JSON.stringify(input)} has size ${given} along axis ${axis}, expected a whole number of at least 1`,
      );
    return given;
  });
}

/** Bits of the largest weight a node reads, which may have come through a DequantizeLinear. */
function weightBits(inputs: readonly (Followed | undefined)[]): number {
  let [largest, bits] = [1, 32];
  for (const input of inputs)
    if (input?.bits !== undefined && product(input.shape) > largest) [largest, bits] = [product(input.shape), Math.min(32, input.bits)];
  return bits;
}

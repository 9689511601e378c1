import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationName } from '@x/tensor';
import type { QuantizedMatrix } from '@x/tensor/quant';
import { roundHalfEven } from '../arithmetic/rounding.ts';
import { packNibbles } from '../files/packed-integers.ts';
import { writableSteps, type WritableStep } from '../files/writable-steps.ts';
import type { FloatLinearStep, QuantizedStep } from '../network/quantized-step.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import { checkNumber } from '../validation.ts';
import { message, type Field } from './protobuf.ts';

export interface ToOnnxOptions {
  /** Sizes of the input's axes after the first, which is that of the examples. Default: the inputs of the first linear layer. */
  readonly inputShape?: readonly number[];
}

const OPSET = 21;
const IR_VERSION = 10;
const FLOAT = 1;
const INT8 = 3;
const INT32 = 6;
const INT4 = 22;

/**
 * A quantized network as an ONNX model of opset 21 with QuantizeLinear and DequantizeLinear around its products (QDQ), which
 * runtimes fuse into integer operators. Input `x` [n, ...], output `y`.
 *
 * Layers of calibrated activations compute the same integers. Weights of at most 4 bits are INT4, in blocks where they have
 * groups; where this package quantizes activations as they come, the model leaves them in float.
 *
 * @returns The model's bytes.
 * @throws {TypeError} if it is no quantized network, or has layers of other kinds that stayed in float; all are named.
 * @example
 * await writeFile('model.onnx', toOnnx(q));
 */
export function toOnnx(network: QuantizedNetwork, { inputShape }: ToOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const where = 'toOnnx';
  const steps = writableSteps(where, network);
  inputShape?.forEach((size, axis) => checkNumber(where, `inputShape[${axis}]`, size, { least: 1, whole: true }));
  const linear = steps.filter((step) => step.kind !== 'flatten');
  const [first, last] = [linear[0], linear.at(-1)];
  if (!first || !last) throw new TypeError(`${where}: the network has no linear layer.`);
  const graph = new Graph();
  const output = steps.reduce((value, step) => addStep(graph, step, value), 'x');
  graph.node('Identity', [output], 'y');
  return message([
    [1, IR_VERSION],
    [2, '@x/quant'],
    [7, graph.bytes(inputShape ?? [shapeOf(first)[0]], [shapeOf(last)[1]])],
    [8, message([[2, OPSET]])],
  ]);
}

function shapeOf(step: QuantizedStep | FloatLinearStep): readonly [inputs: number, units: number] {
  return step.weight.shape as readonly [number, number];
}

/** Nodes and constants of a model, as they are added. */
class Graph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  #count = 0;

  /** Adds an operator; returns its output's name. */
  node(operator: string, inputs: readonly string[], output: string = `v${this.#count++}`, attributes: readonly Uint8Array[] = []): string {
    this.#nodes.push(
      message([
        [1, inputs],
        [2, output],
        [3, `${operator}_${this.#nodes.length}`],
        [4, operator],
        [5, attributes],
      ]),
    );
    return output;
  }

  /** Adds a constant; returns its name. */
  constant(name: string, type: number, shape: readonly number[], bytes: Uint8Array): string {
    this.#constants.push(
      message([
        [1, shape],
        [2, type],
        [8, name],
        [9, bytes],
      ]),
    );
    return name;
  }

  floats(name: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    return this.constant(name, FLOAT, shape, new Uint8Array(Float32Array.from(values).buffer));
  }

  bytes(input: readonly number[], output: readonly number[]): Uint8Array {
    return message([
      [1, this.#nodes],
      [2, 'quantized'],
      [5, this.#constants],
      [11, valueInfo('x', input)],
      [12, valueInfo('y', output)],
    ]);
  }
}

/** A float tensor whose first axis is that of the examples. */
function valueInfo(name: string, sizes: readonly number[]): Uint8Array {
  const axes = [message([[2, 'n']]), ...sizes.map((size) => message([[1, size]]))];
  const tensor = message([
    [1, FLOAT],
    [2, message([[1, axes]])],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

function integer(name: string, value: number): Uint8Array {
  return message([
    [1, name],
    [3, value],
    [20, 2],
  ] as Field[]);
}

function float(name: string, value: number): Uint8Array {
  return message([
    [1, name],
    [2, { float: value }],
    [20, 1],
  ]);
}

function text(name: string, value: string): Uint8Array {
  return message([
    [1, name],
    [4, value],
    [20, 3],
  ]);
}

function addStep(graph: Graph, step: WritableStep, x: string): string {
  if (step.kind === 'flatten') return graph.node('Flatten', [x], undefined, [integer('axis', 1)]);
  const { name, inputScales } = step;
  const input = inputScales ? graph.node('Div', [x, graph.floats(`${name}.inputScale`, inputScales)]) : x;
  const product =
    step.kind === 'quantized' ? quantizedProduct(graph, step, input) : graph.node('MatMul', [input, floatWeight(graph, step)]);
  const bias = step.bias && graph.node('Add', [product, biasOf(graph, step, step.bias)]);
  return activated(graph, name, bias ?? product, step.activation, step.slope);
}

function floatWeight(graph: Graph, { name, weight }: FloatLinearStep): string {
  return graph.floats(`${name}.weight`, weight.dataSync(), weight.shape);
}

function quantizedProduct(graph: Graph, { name, weight, input }: QuantizedStep, x: string): string {
  const dense = dequantizedWeight(graph, name, weight);
  if (typeof input === 'string') return graph.node('MatMul', [x, dense]);
  const scale = graph.floats(`${name}.inputStep`, [input.scale], []);
  const zero = graph.constant(`${name}.inputZero`, INT8, [], Uint8Array.of(input.zeroPoint & 0xff));
  const integers = graph.node('QuantizeLinear', [x, scale, zero]);
  return graph.node('MatMul', [graph.node('DequantizeLinear', [integers, scale, zero]), dense]);
}

function dequantizedWeight(graph: Graph, name: string, matrix: QuantizedMatrix): string {
  const { inputs, units, bits, groupSize, scales, zeroPoints } = matrix;
  const small = bits <= 4;
  const bytesOf = (integers: Int8Array): Uint8Array =>
    small ? packNibbles(integers) : new Uint8Array(integers.buffer as ArrayBuffer, integers.byteOffset, integers.length);
  const type = small ? INT4 : INT8;
  const weight = graph.constant(`${name}.weight`, type, [inputs, units], bytesOf(matrix.values()));
  const shape = groupSize !== undefined ? [inputs / groupSize, units] : scales.length === 1 ? [] : [units];
  const scale = graph.floats(`${name}.weightStep`, scales, shape);
  const zero = zeroPoints && graph.constant(`${name}.weightZero`, type, shape, bytesOf(Int8Array.from(zeroPoints)));
  const attributes = groupSize !== undefined ? [integer('axis', 0), integer('block_size', groupSize)] : [integer('axis', 1)];
  return graph.node('DequantizeLinear', [weight, scale, ...(zero ? [zero] : [])], undefined, attributes);
}

/** In float; or, where the layer gives out integers and so counts its bias in steps, as int32. */
function biasOf(graph: Graph, step: QuantizedStep | FloatLinearStep, bias: Tensor): string {
  const { name } = step;
  const values = bias.dataSync();
  if (step.kind === 'floatLinear' || !step.output || typeof step.input === 'string') return graph.floats(`${name}.bias`, values);
  const { weight, input } = step;
  const steps = Float32Array.from(values, (_, unit) => input.scale * weight.scaleAt(0, unit));
  const counts = Int32Array.from(values, (value, unit) => roundHalfEven(value / (input.scale * weight.scaleAt(0, unit))));
  const integers = graph.constant(`${name}.bias`, INT32, [counts.length], new Uint8Array(counts.buffer));
  return graph.node('DequantizeLinear', [integers, graph.floats(`${name}.biasStep`, steps)], undefined, [integer('axis', 0)]);
}

const operators: Partial<Record<ActivationName, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  selu: 'Selu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softplus: 'Softplus',
};

function activated(graph: Graph, name: string, x: string, activation: ActivationName, slope: number): string {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu6':
      return graph.node('Clip', [x, graph.floats(`${name}.least`, [0], []), graph.floats(`${name}.most`, [6], [])]);
    case 'leakyRelu':
      return graph.node('LeakyRelu', [x], undefined, [float('alpha', slope)]);
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'gelu':
      return graph.node('Gelu', [x]);
    case 'geluTanh':
      return graph.node('Gelu', [x], undefined, [text('approximate', 'tanh')]);
    default:
      return graph.node(operators[activation] as string, [x]);
  }
}

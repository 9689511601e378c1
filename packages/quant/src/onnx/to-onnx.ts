import type { AttentionLayer } from '@x/tensor';
import type { Quantization } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { writableSteps } from '../files/writable-steps.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import {
  everyNetworkStep,
  type FloatLinearStep,
  type NetworkCompositeStep,
  type NetworkPoolStep,
  type NetworkStep,
  type QuantizedStep,
} from '../network/quantized-step.ts';
import { checkChoice, checkNumber } from '../validation.ts';
import { passesIntegers } from '../network/integer-steps.ts';
import { addActivation } from './activation.ts';
import { addHeads } from './attention.ts';
import { addFloatLayer } from './float-layer.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { asFloats, asIntegers, withChannels, type OnnxValueFlow } from './onnx-value.ts';
import { windowAttributes } from './onnx-windows.ts';
import { addFloatProduct } from './qdq.ts';
import { addIntegerLayer } from './qoperator.ts';

export interface ToOnnxOptions {
  /**
   * How integers are written: `qdq`, float operators between QuantizeLinear and DequantizeLinear, which runtimes fuse; or `qoperator`,
   * operators that take integers (QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, DynamicQuantizeLinear). Default `qdq`.
   */
  readonly form?: 'qdq' | 'qoperator';
  /**
   * Sizes of the input's axes after the first, which is that of the examples; images are [height, width, channels]. Default: the inputs of
   * the first layer; images of any size, sequences of any length.
   */
  readonly inputShape?: readonly number[];
}

/**
 * A quantized network as an ONNX model of opset 21. Input `x` [n, ...], float32, or int32 where an embedding comes first; output `y`.
 * Images have their channels last, as here, and are transposed inside. Normalizations and embeddings are float32; attention is written
 * by operators of its parts, of self-attention, and without a mask but the causal one.
 *
 * Layers of calibrated activations compute the same integers, but for ties of a rounding. Weights of at most 4 bits are INT4 in `qdq`, in
 * blocks where they have groups. Activations that are quantized as they come (`dynamic`) are left in float in `qdq`; in `qoperator` they
 * have one range for the whole batch, by DynamicQuantizeLinear, unless the weights have groups.
 *
 * @returns The model's bytes.
 * @throws {TypeError} if it is no quantized network, or has layers of other kinds that stayed in float; all are named.
 * @example
 * await writeFile('model.onnx', toOnnx(q));
 */
export function toOnnx(network: QuantizedNetwork, options: ToOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { form = 'qdq', inputShape } = checkOptions('toOnnx', options);
  const where = 'toOnnx';
  const steps = writableSteps(where, network);
  checkChoice(where, 'form', form, ['qdq', 'qoperator']);
  inputShape?.forEach((size, axis) => checkNumber(where, `inputShape[${axis}]`, size, { least: 1, whole: true }));
  const first = Array.from(everyNetworkStep(steps)).find((step) => step.kind === 'quantized' || step.kind === 'floatLinear');
  if (!first) throw new TypeError(`${where}: the network has no linear layer.`);
  const sizes = inputShape ?? inputSizes(steps, first);
  const graph = new OnnxGraph();
  const x: OnnxValueFlow = { name: 'x', quantization: undefined, channelsFirst: false };
  const last = addSteps(graph, steps, x, form);
  graph.node('Identity', [asFloats(graph, withChannels(graph, last, false)).name], {}, 'y');
  const output = network.outputShape([null, ...sizes.map((size) => (typeof size === 'number' ? size : null))]).slice(1);
  return graph.bytes(
    { name: 'x', dtype: isEmbedding(steps[0]) ? 'I32' : 'F32', shape: ['n', ...sizes] },
    { name: 'y', dtype: 'F32', shape: ['n', ...output.map((size, axis) => size ?? `y${axis}`)] },
  );
}

/** What the first step takes, or the first that says so. */
function inputSizes(steps: readonly NetworkStep[], { weight, windows }: QuantizedStep | FloatLinearStep): (number | string)[] {
  const [start] = steps;
  if (start?.kind === 'reshape') return [start.shape.reduce((product, size) => product * size, 1)];
  if (isEmbedding(start)) return ['length'];
  // Attention, and places that are added to, are of sequences.
  if (Array.from(everyNetworkStep(steps)).some((step) => 'layer' in step && ['attention', 'positionalEmbedding'].includes(step.layer.kind)))
    return ['length', weight.shape[0] as number];
  return windows ? ['height', 'width', windows.channels] : [weight.shape[0] as number];
}

function isEmbedding(step: NetworkStep | undefined): boolean {
  return step?.kind === 'float' && step.layer.kind === 'embedding';
}

type Form = 'qdq' | 'qoperator';

function addSteps(graph: OnnxGraph, steps: readonly NetworkStep[], x: OnnxValueFlow, form: Form): OnnxValueFlow {
  return steps.reduce((value, step) => addStep(graph, step, value, form), x);
}

function addStep(graph: OnnxGraph, step: NetworkStep, x: OnnxValueFlow, form: Form): OnnxValueFlow {
  switch (step.kind) {
    case 'flatten': {
      const placed = withChannels(graph, x, false);
      return { ...placed, name: graph.node('Flatten', [placed.name], { axis: { int: 1 } }) };
    }
    case 'reshape': {
      const placed = withChannels(graph, x, false);
      return { ...placed, name: graph.node('Reshape', [placed.name, graph.longs(`${step.name}.shape`, [0, ...step.shape])]) };
    }
    case 'pool':
      return addPool(graph, step, x, form);
    case 'composite':
      return step.layer.kind === 'attention' ? addAttention(graph, step, x, form) : addResidual(graph, step, x, form);
    case 'float': {
      const y = addFloatLayer(graph, step, x);
      return x.quantization && passesIntegers(step.layer) ? asIntegers(graph, y, x.quantization) : y;
    }
    case 'quantized': {
      const scaled = divided(graph, step, x);
      return form === 'qoperator' ? addIntegerLayer(graph, step, scaled) : activated(graph, step, addFloatProduct(graph, step, scaled));
    }
    case 'quantizedSparse':
      throw new TypeError(`toOnnx: layer ${step.name} is sparse, which ONNX's operators of integers don't know.`);
    case 'floatLinear':
      return activated(graph, step, addFloatProduct(graph, step, divided(graph, step, asFloats(graph, x))));
  }
}

/** Integers before and after are what runtimes know as a pool of integers; only the largest of integers is one of them as it is. */
function addPool(graph: OnnxGraph, { of, windows, output }: NetworkPoolStep, x: OnnxValueFlow, form: Form): OnnxValueFlow {
  const after = of === 'max' ? x.quantization : output;
  const placed = withChannels(graph, of === 'max' && form === 'qoperator' && windows ? x : asFloats(graph, x), true);
  const operator = `${windows ? '' : 'Global'}${of === 'max' ? 'MaxPool' : 'AveragePool'}`;
  const pooled = { ...placed, name: graph.node(operator, [placed.name], windows ? windowAttributes(windows) : {}) };
  const back = after ? asIntegers(graph, pooled, after) : pooled;
  return windows ? back : { ...back, channelsFirst: false, name: graph.node('Flatten', [back.name], { axis: { int: 1 } }) };
}

/** Sums of integers are written as runtimes know them, in float between integers: ONNX has no operator of its own. */
function addResidual(graph: OnnxGraph, { parts, integers }: NetworkCompositeStep, x: OnnxValueFlow, form: Form): OnnxValueFlow {
  const from = integers ? asIntegers(graph, x, integers.input) : asFloats(graph, x);
  const branch = (steps: readonly NetworkStep[] = [], quantization: Required<Quantization> | undefined): OnnxValueFlow => {
    const y = addSteps(graph, steps, from, form);
    return asFloats(graph, quantization ? asIntegers(graph, y, quantization) : y);
  };
  const through = branch(parts['inner'], integers?.inner);
  const past = withChannels(graph, branch(parts['shortcut'], integers && (integers.shortcut ?? integers.input)), through.channelsFirst);
  const sum = { ...through, name: graph.node('Add', [past.name, through.name]) };
  return integers ? asIntegers(graph, sum, integers.output) : sum;
}

function addAttention(graph: OnnxGraph, { layer, parts, name }: NetworkCompositeStep, x: OnnxValueFlow, form: Form): OnnxValueFlow {
  const { qkv, out } = parts;
  const [first] = out ?? [];
  if (!qkv || !out || (first?.kind !== 'quantized' && first?.kind !== 'floatLinear'))
    throw new TypeError(`toOnnx: layer ${name} (attention) has a memory, which a model of one input hasn't.`);
  const maps = asFloats(graph, addSteps(graph, qkv, withChannels(graph, asFloats(graph, x), false), form));
  return addSteps(graph, out, addHeads(graph, layer as AttentionLayer, first.weight.shape[0] as number, maps), form);
}

function divided(graph: OnnxGraph, { name, inputScales }: QuantizedStep | FloatLinearStep, x: OnnxValueFlow): OnnxValueFlow {
  if (!inputScales) return x;
  const floats = asFloats(graph, x);
  return { ...floats, name: graph.node('Div', [floats.name, graph.floats(`${name}.inputScale`, inputScales)]) };
}

function activated(graph: OnnxGraph, step: QuantizedStep | FloatLinearStep, x: OnnxValueFlow): OnnxValueFlow {
  const active = { ...x, name: addActivation(graph, step.name, x.name, step.activation, step.slope) };
  return step.kind === 'quantized' && step.output ? asIntegers(graph, active, step.output) : active;
}

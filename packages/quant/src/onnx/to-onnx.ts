import type { ActivationLayer } from '@x/tensor';
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
import { addActivation } from './activation.ts';
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
   * the first layer, images of any size.
   */
  readonly inputShape?: readonly number[];
}

/**
 * A quantized network as an ONNX model of opset 21. Input `x` [n, ...], output `y`; images have their channels last, as here, and are
 * transposed inside.
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
export function toOnnx(network: QuantizedNetwork, { form = 'qdq', inputShape }: ToOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const where = 'toOnnx';
  const steps = writableSteps(where, network);
  checkChoice(where, 'form', form, ['qdq', 'qoperator']);
  inputShape?.forEach((size, axis) => checkNumber(where, `inputShape[${axis}]`, size, { least: 1, whole: true }));
  const first = Array.from(everyNetworkStep(steps)).find((step) => step.kind === 'quantized' || step.kind === 'floatLinear');
  if (!first) throw new TypeError(`${where}: the network has no linear layer.`);
  const sizes = inputShape ?? inputSizes(steps[0], first);
  const graph = new OnnxGraph();
  const x: OnnxValueFlow = { name: 'x', quantization: undefined, channelsFirst: false };
  const last = addSteps(graph, steps, x, form);
  graph.node('Identity', [asFloats(graph, withChannels(graph, last, false)).name], {}, 'y');
  const output = network.outputShape([null, ...sizes.map((size) => (typeof size === 'number' ? size : null))]).slice(1);
  return graph.bytes(
    { name: 'x', dtype: 'F32', shape: ['n', ...sizes] },
    { name: 'y', dtype: 'F32', shape: ['n', ...output.map((size, axis) => size ?? `y${axis}`)] },
  );
}

/** What the first step takes, or the first that says so. */
function inputSizes(start: NetworkStep | undefined, { weight, windows }: QuantizedStep | FloatLinearStep): (number | string)[] {
  if (start?.kind === 'reshape') return [start.shape.reduce((product, size) => product * size, 1)];
  return windows ? ['height', 'width', windows.channels] : [weight.shape[0] as number];
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
      return addResidual(graph, step, x, form);
    case 'float': {
      const { activation, slope } = step.layer as ActivationLayer;
      const floats = asFloats(graph, x);
      return { ...floats, name: addActivation(graph, step.name, floats.name, activation, slope) };
    }
    case 'quantized': {
      const scaled = divided(graph, step, x);
      return form === 'qoperator' ? addIntegerLayer(graph, step, scaled) : activated(graph, step, addFloatProduct(graph, step, scaled));
    }
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

function addResidual(graph: OnnxGraph, { parts }: NetworkCompositeStep, x: OnnxValueFlow, form: Form): OnnxValueFlow {
  const floats = asFloats(graph, x);
  const through = asFloats(graph, addSteps(graph, parts['inner'] ?? [], floats, form));
  const past = asFloats(graph, addSteps(graph, parts['shortcut'] ?? [], floats, form));
  return { ...through, name: graph.node('Add', [withChannels(graph, past, through.channelsFirst).name, through.name]) };
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

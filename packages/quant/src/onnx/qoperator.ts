import type { Tensor } from '@tensorflow/tfjs-core';
import type { OnnxAttributeValue } from '@x/tensor/onnx';
import type { Int8Activation, Quantization } from '@x/tensor/quant';
import { roundHalfEven } from '../arithmetic/rounding.ts';
import type { QuantizedStep } from '../network/quantized-step.ts';
import { addActivation } from './activation.ts';
import { floatBias, integerBias, integerWeight, type IntegerWeight } from './constants.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { asFloats, asIntegers, quantizationConstants, withChannels, type OnnxValueFlow } from './onnx-value.ts';
import { addFloatProduct } from './qdq.ts';
import { windowAttributes } from './onnx-windows.ts';

/** Number of float32 among ONNX's data types. */
const FLOAT32 = 1;

/** A layer by operators that take integers. One whose weights have groups, or whose input stays float, is as in {@link addFloatProduct}. */
export function addIntegerLayer(graph: OnnxGraph, step: QuantizedStep, x: OnnxValueFlow): OnnxValueFlow {
  const { name, weight, input, output, activation, slope, windows } = step;
  const placed = withChannels(graph, x, windows !== undefined);
  const finished = (floats: OnnxValueFlow): OnnxValueFlow => {
    const active = { ...floats, name: addActivation(graph, name, floats.name, activation, slope) };
    return output ? asIntegers(graph, active, output) : active;
  };
  const clamps = output !== undefined && ['linear', 'relu', 'relu6'].includes(activation);
  // onnxruntime's ConvInteger takes no zero point a channel.
  const inFloat = windows && (input === 'dynamic' || (!clamps && (weight.zeroPoints?.length ?? 1) > 1));
  if (weight.groupSize !== undefined || input === 'none' || inFloat) return finished(addFloatProduct(graph, step, placed));
  const own = integerWeight(graph, step, false);
  if (input === 'dynamic') {
    const [integers = '', scale = '', zero = ''] = graph.nodes('DynamicQuantizeLinear', [asFloats(graph, placed).name], 3);
    const sums = graph.node('MatMulInteger', [integers, own.integers, zero, ...weightZero(own)]);
    const scales = graph.node('Mul', [scale, own.scale()]);
    return finished({ ...placed, quantization: undefined, name: scaledSums(graph, step, sums, scales) });
  }
  const integers = asIntegers(graph, placed, input);
  if (!clamps) {
    const sums = integerSums(graph, step, integers, own);
    return finished({ ...integers, quantization: undefined, name: scaledSums(graph, step, sums, sumScales(graph, step, own)) });
  }
  const result = requantized(graph, step, integers, own, output);
  return { ...integers, quantization: output, name: clamped(graph, result, activation as Int8Activation, output) };
}

/** Σ (x - zero)·(w - zero), int32. */
function integerSums(graph: OnnxGraph, { windows }: QuantizedStep, x: OnnxValueFlow, weight: IntegerWeight): string {
  const [, zero] = quantizationConstants(graph, x.quantization as Required<Quantization>);
  const inputs = [x.name, weight.integers, zero, ...weightZero(weight)];
  return windows ? graph.node('ConvInteger', inputs, attributesOf(windows)) : graph.node('MatMulInteger', inputs);
}

function weightZero({ zero }: IntegerWeight): string[] {
  return zero === undefined ? [] : [zero];
}

function attributesOf(windows: NonNullable<QuantizedStep['windows']>): Record<string, OnnxAttributeValue> {
  return { ...windowAttributes(windows, windows.dilation), ...(windows.depthwise && { group: { int: windows.channels } }) };
}

/** What a sum of products counts. */
function sumScales(graph: OnnxGraph, { name, input, windows }: QuantizedStep, { scales }: IntegerWeight): string {
  const { scale } = input as Required<Quantization>;
  const values = scales.map((own) => scale * own);
  return graph.floats(`${name}.sumScale`, values, values.length === 1 ? [] : windows ? [values.length, 1, 1] : [values.length]);
}

function scaledSums(graph: OnnxGraph, step: QuantizedStep, sums: string, scales: string): string {
  const product = graph.node('Mul', [graph.node('Cast', [sums], { to: { int: FLOAT32 } }), scales]);
  return step.bias ? graph.node('Add', [product, floatBias(graph, step, step.bias)]) : product;
}

/** Sums with their bias at the scale of the output, 8 bits. */
function requantized(
  graph: OnnxGraph,
  step: QuantizedStep,
  x: OnnxValueFlow,
  weight: IntegerWeight,
  output: Required<Quantization>,
): string {
  const { name, bias, windows } = step;
  const from = quantizationConstants(graph, x.quantization as Required<Quantization>);
  const to = quantizationConstants(graph, output);
  const zeros = weight.zero ?? graph.constant(`${name}.weightZero`, 'I8', shapeOf(weight), new Int8Array(weight.scales.length));
  if (windows) {
    const counts = bias && integerBias(graph, step, bias);
    const inputs = [x.name, ...from, weight.integers, weight.scale(), zeros, ...to, ...(counts ? [counts] : [])];
    return graph.node('QLinearConv', inputs, attributesOf(windows));
  }
  // QLinearMatMul takes no bias.
  if (!bias) return graph.node('QLinearMatMul', [x.name, ...from, weight.integers, weight.scale(), zeros, ...to]);
  const sums = graph.node('Add', [integerSums(graph, step, x, weight), integerBias(graph, step, bias as Tensor)]);
  const floats = graph.node('Mul', [graph.node('Cast', [sums], { to: { int: FLOAT32 } }), sumScales(graph, step, weight)]);
  return graph.node('QuantizeLinear', [floats, ...to]);
}

function shapeOf({ scales }: IntegerWeight): number[] {
  return scales.length === 1 ? [] : [scales.length];
}

/** The integers that an activation leaves; nothing is added where saturation does it already. */
function clamped(graph: OnnxGraph, x: string, activation: Int8Activation, output: Required<Quantization>): string {
  const { scale, zeroPoint, type } = output;
  const [least, most] = type === 'uint8' ? [0, 255] : [-128, 127];
  const six = activation === 'relu6' ? Math.min(most, zeroPoint + roundHalfEven(6 / scale)) : most;
  if (activation === 'linear' || (zeroPoint === least && six === most)) return x;
  const constant = (value: number): string => quantizationConstants(graph, { ...output, zeroPoint: value })[1];
  return graph.node('Clip', [x, constant(zeroPoint), constant(six)]);
}

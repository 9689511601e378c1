import type { Quantization } from '@x/tensor/quant';
import type { FloatLinearStep, QuantizedStep } from '../network/quantized-step.ts';
import { biasScales, floatBias, floatWeight, integerBias, integerWeight } from './constants.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { asFloats, asIntegers, withChannels, type OnnxValueFlow } from './onnx-value.ts';
import { windowAttributes } from './onnx-windows.ts';

/** W·x + b in float between QuantizeLinear and DequantizeLinear, which runtimes fuse into integers; of a float layer without them. */
export function addFloatProduct(graph: OnnxGraph, step: QuantizedStep | FloatLinearStep, x: OnnxValueFlow): OnnxValueFlow {
  const { windows, bias } = step;
  const placed = withChannels(graph, x, windows !== undefined);
  const quantized = step.kind === 'quantized';
  const input = quantized && typeof step.input !== 'string' ? asIntegers(graph, placed, step.input) : placed;
  const floats = asFloats(graph, input);
  const weight = quantized ? dequantizedWeight(graph, step) : floatWeight(graph, step);
  const offset = bias && (countsBias(step) ? dequantizedBias(graph, step, bias) : undefined);
  if (windows) {
    const { window, strides, padding, dilation, depthwise, channels } = windows;
    const attributes = {
      ...windowAttributes({ window, strides, padding }, dilation),
      ...(depthwise && { group: { int: channels } }),
    };
    const along = offset ?? (bias && graph.floats(`${step.name}.bias`, bias.dataSync()));
    return { ...floats, name: graph.node('Conv', [floats.name, weight, ...(along ? [along] : [])], attributes) };
  }
  const product = graph.node('MatMul', [floats.name, weight]);
  if (!bias) return { ...floats, name: product };
  return { ...floats, name: graph.node('Add', [product, offset ?? floatBias(graph, step, bias)]) };
}

/** Whether a layer counts its bias in steps, because it gives out integers. */
function countsBias(step: QuantizedStep | FloatLinearStep): step is QuantizedStep & { readonly input: Required<Quantization> } {
  return step.kind === 'quantized' && step.output !== undefined && typeof step.input !== 'string';
}

function dequantizedWeight(graph: OnnxGraph, step: QuantizedStep): string {
  const { integers, scale, zero } = integerWeight(graph, step, true);
  const { groupSize } = step.weight;
  const attributes = {
    axis: { int: groupSize === undefined && !step.windows ? 1 : 0 },
    ...(groupSize !== undefined && { block_size: { int: groupSize } }),
  };
  return graph.node('DequantizeLinear', [integers, scale(), ...(zero ? [zero] : [])], attributes);
}

function dequantizedBias(graph: OnnxGraph, step: QuantizedStep, bias: NonNullable<QuantizedStep['bias']>): string {
  const scales = graph.floats(`${step.name}.biasScale`, biasScales(step));
  return graph.node('DequantizeLinear', [integerBias(graph, step, bias), scales], { axis: { int: 0 } });
}

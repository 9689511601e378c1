import type { Tensor } from '@tensorflow/tfjs-core';
import type { QuantizedMatrix } from '@x/tensor/quant';
import { roundHalfEven } from '../arithmetic/rounding.ts';
import { packNibbles } from '../files/packed-integers.ts';
import type { FloatLinearStep, QuantizedStep } from '../network/quantized-step.ts';
import { filterFirst } from './onnx-windows.ts';
import type { OnnxGraph } from './onnx-graph.ts';

/** The integers of a layer's weight with their scales and zero points, by names. */
export interface IntegerWeight {
  readonly integers: string;
  /** Added when it is asked for, since not every operator takes it. */
  scale(): string;
  readonly zero: string | undefined;
  /** Scales as numbers, one or one a unit; of weights without groups. */
  readonly scales: Float32Array;
}

/**
 * Weights of 8 bits, or of 4 where that is enough and they may be packed: [inputs, units], or of a convolution
 * [filters, channels, height, width].
 */
export function integerWeight(graph: OnnxGraph, { name, weight, windows }: QuantizedStep, packed: boolean): IntegerWeight {
  const { inputs, units, bits, groupSize, scales, zeroPoints } = weight;
  const small = packed && bits <= 4;
  const bytesOf = (integers: Int8Array): Int8Array | Uint8Array => (small ? packNibbles(integers) : integers);
  const dtype = small ? 'I4' : 'I8';
  const [values, shape] = windows ? filterOf(weight, windows) : [weight.values(), [inputs, units]];
  const along = groupSize !== undefined ? [inputs / groupSize, units] : scales.length === 1 ? [] : [units];
  return {
    integers: graph.constant(`${name}.weight`, dtype, shape, bytesOf(values)),
    scale: () => graph.floats(`${name}.weightScale`, scales, along),
    zero: zeroPoints && graph.constant(`${name}.weightZero`, dtype, along, bytesOf(Int8Array.from(zeroPoints))),
    scales,
  };
}

function filterOf(weight: QuantizedMatrix, { window, channels, depthwise }: NonNullable<QuantizedStep['windows']>): [Int8Array, number[]] {
  const taps = window[0] * window[1];
  const each = depthwise ? 1 : channels;
  return [filterFirst(weight.values(), taps, each, weight.units), [weight.units, each, ...window]];
}

/** A float weight, in the same orders. */
export function floatWeight(graph: OnnxGraph, { name, weight, windows }: FloatLinearStep): string {
  const values = weight.dataSync() as Float32Array;
  if (!windows) return graph.floats(`${name}.weight`, values, weight.shape);
  const [height, width, channels, filters] = windows.depthwise
    ? [weight.shape[0]!, weight.shape[1]!, 1, weight.size / (weight.shape[0]! * weight.shape[1]!)]
    : (weight.shape as [number, number, number, number]);
  return graph.floats(`${name}.weight`, filterFirst(values, height * width, channels, filters), [filters, channels, height, width]);
}

/** Steps that a bias counts in: the input's times the weight's, one a unit. */
export function biasScales({ weight, input }: QuantizedStep): Float32Array<ArrayBuffer> {
  const { scale } = input as { readonly scale: number };
  return Float32Array.from({ length: weight.units }, (_, unit) => scale * weight.scaleAt(0, unit));
}

/** A bias in such steps. */
export function integerBias(graph: OnnxGraph, step: QuantizedStep, bias: Tensor): string {
  const { scale } = step.input as { readonly scale: number };
  const counts = Int32Array.from(bias.dataSync(), (value, unit) => roundHalfEven(value / (scale * step.weight.scaleAt(0, unit))));
  return graph.constant(`${step.name}.bias`, 'I32', [counts.length], counts);
}

/** A bias in float; of a convolution with its axes behind the channels. */
export function floatBias(graph: OnnxGraph, { name, windows }: QuantizedStep | FloatLinearStep, bias: Tensor): string {
  return graph.floats(`${name}.bias`, bias.dataSync(), windows ? [bias.size, 1, 1] : [bias.size]);
}

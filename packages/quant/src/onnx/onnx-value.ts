import type { Quantization } from '@x/tensor/quant';
import type { OnnxGraph } from './onnx-graph.ts';

/** A value on its way through a model: as floats, or as 8-bit integers with what they stand for. */
export interface OnnxValueFlow {
  readonly name: string;
  readonly quantization: Required<Quantization> | undefined;
  /** Whether images have their channels as the second axis, as ONNX's operators take them, instead of the last. */
  readonly channelsFirst: boolean;
}

/** Scale and zero point of 8-bit integers as a model's constants. */
export function quantizationConstants(graph: OnnxGraph, { scale, zeroPoint, type }: Required<Quantization>): readonly [string, string] {
  const unsigned = type === 'uint8';
  return [
    graph.floats(`scale.${scale}`, [scale], []),
    graph.constant(`zero.${type}.${zeroPoint}`, unsigned ? 'U8' : 'I8', [], unsigned ? Uint8Array.of(zeroPoint) : Int8Array.of(zeroPoint)),
  ];
}

/** A value as floats. */
export function asFloats(graph: OnnxGraph, value: OnnxValueFlow): OnnxValueFlow {
  if (!value.quantization) return value;
  const name = graph.node('DequantizeLinear', [value.name, ...quantizationConstants(graph, value.quantization)]);
  return { ...value, name, quantization: undefined };
}

/** A value as integers of a quantization; nothing is added where it has them. */
export function asIntegers(graph: OnnxGraph, value: OnnxValueFlow, quantization: Required<Quantization>): OnnxValueFlow {
  const { scale, zeroPoint, type } = value.quantization ?? {};
  if (scale === quantization.scale && zeroPoint === quantization.zeroPoint && type === quantization.type) return value;
  const name = graph.node('QuantizeLinear', [asFloats(graph, value).name, ...quantizationConstants(graph, quantization)]);
  return { ...value, name, quantization };
}

/** Images with their channels where they are wanted. */
export function withChannels(graph: OnnxGraph, value: OnnxValueFlow, channelsFirst: boolean): OnnxValueFlow {
  if (value.channelsFirst === channelsFirst) return value;
  const name = graph.node('Transpose', [value.name], { perm: { ints: channelsFirst ? [0, 3, 1, 2] : [0, 2, 3, 1] } });
  return { ...value, name, channelsFirst };
}

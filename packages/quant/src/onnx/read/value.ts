import { transpose, type Tensor } from '@tensorflow/tfjs-core';
import { dequantizeTensor, quantizeTensor, type Quantization, type QuantizedTensor } from '@x/tensor/quant';
import type { Pending } from './product.ts';

/** A value of a model while it runs: floats, 8-bit integers, or a product that waits for what follows it. */
export interface Value {
  readonly of: Tensor | QuantizedTensor | Pending;
  /** Whether images whose channels are the second axis, as ONNX has them, lie in memory with their channels last. */
  readonly channelsLast: boolean;
  /** Whether integers are meant as they are, as QuantizeLinear gives them, and not what they stand for, as after DequantizeLinear. */
  readonly counts?: boolean | undefined;
}

export function isPending(of: Value['of']): of is Pending {
  return 'finish' in of;
}

export function isIntegers(of: Value['of']): of is QuantizedTensor {
  return 'zeroPoint' in of;
}

/** A value's floats, as they lie. */
export function floatsAsTheyLie({ of }: Value): Tensor {
  if (isPending(of)) return of.floats();
  return isIntegers(of) ? dequantizeTensor(of) : of;
}

/** A value's floats, its axes in the order that ONNX says. */
export function floats(value: Value): Tensor {
  const lying = floatsAsTheyLie(value);
  return value.channelsLast ? transpose(lying, [0, 3, 1, 2]) : lying;
}

/** Images with their channels last: integers where they are. */
export function images(value: Value): Tensor | QuantizedTensor {
  if (value.channelsLast) return isPending(value.of) ? value.of.floats() : value.of;
  const turned = transpose(floats(value), [0, 2, 3, 1]);
  return isIntegers(value.of) ? quantizeTensor(turned, value.of) : turned;
}

/** Integers or floats in ONNX's order of axes. */
export function inOrder(value: Value): Tensor | QuantizedTensor {
  const { of } = value;
  if (!isIntegers(of)) return floats(value);
  return value.channelsLast ? quantizeTensor(floats(value), of) : of;
}

/** A value as integers of a quantization. */
export function integersOf(value: Value, quantization: Required<Quantization>): Value {
  const { of, channelsLast } = value;
  if (isIntegers(of) && of.scale === quantization.scale && of.zeroPoint === quantization.zeroPoint && of.type === quantization.type)
    return { ...value, counts: true };
  return { of: isPending(of) ? of.finish(quantization) : quantizeTensor(floatsAsTheyLie(value), quantization), channelsLast, counts: true };
}

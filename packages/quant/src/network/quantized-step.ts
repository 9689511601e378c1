import { dispose, keep, tensor, tensor1d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { linear, type ActivationName } from '@x/tensor';
import {
  dequantize,
  int8Linear,
  quantizedLinear,
  quantizedMatrix,
  QuantizedTensor,
  quantize as quantizeTensor,
  type Int8Activation,
  type Quantization,
  type QuantizedMatrix,
  type RequantizationRounding,
} from '@x/tensor/quant';
import type { QuantizedWeight } from '../weights/weight-grid.ts';
import { convolved, divided, flattened, pooled } from './run-step.ts';
import type { Scheme } from './scheme.ts';
import type { FlattenStep, FloatStep, LinearStep, MaxPoolStep, Windows } from './steps.ts';

/** A linear map in few bits. */
export interface QuantizedStep {
  readonly kind: 'quantized';
  readonly name: string;
  readonly scheme: Scheme;
  readonly weight: QuantizedMatrix;
  readonly bias: Tensor | undefined;
  readonly activation: ActivationName;
  readonly slope: number;
  readonly inputScales: Float64Array<ArrayBuffer> | undefined;
  /** How its input is quantized; what calibration found, or by its own range (`dynamic`), or not (`none`). */
  readonly input: Required<Quantization> | 'dynamic' | 'none';
  /** What it gives out in integers, where the next step takes them as they are. */
  readonly output: Required<Quantization> | undefined;
  readonly rounding: RequantizationRounding;
}

/** A linear map that stays in float, with tensors of its own. */
export interface FloatLinearStep {
  readonly kind: 'floatLinear';
  readonly name: string;
  /** [inputs, units], or of a convolution [height, width, channels, filters]. */
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly activation: ActivationName;
  readonly slope: number;
  readonly inputScales: Float64Array<ArrayBuffer> | undefined;
  readonly windows: Windows | undefined;
}

export type NetworkStep = QuantizedStep | FloatLinearStep | MaxPoolStep | FlattenStep | FloatStep;

/** A matrix of the kernels from integers and their grid. */
export function matrixOf({ values, inputs, units, bits, groupSize, scales, zeroPoints }: QuantizedWeight): QuantizedMatrix {
  return quantizedMatrix(Int8Array.from(values), inputs, units, {
    scales,
    bits,
    ...(zeroPoints.some((zero) => zero !== 0) && { zeroPoints }),
    ...(groupSize !== undefined && { groupSize }),
  });
}

/** A bias that lives until it is disposed. */
export function keptBias(bias: Float32Array | undefined): Tensor | undefined {
  return bias && keep(tensor1d(bias, 'float32'));
}

/** A linear step in float, as it is now. */
export function floatLinear({ name, inputs, units, weight, bias, activation, slope, inputScales, windows }: LinearStep): FloatLinearStep {
  return {
    ...{ kind: 'floatLinear', name, activation, slope, inputScales, windows },
    weight: keep(tensor(weight, windows ? [...windows.window, windows.channels, units] : [inputs, units], 'float32')),
    bias: keptBias(bias),
  };
}

/** What a step makes of floats, or of integers that the step before gave out. */
export function runNetworkStep(step: NetworkStep, x: Tensor | QuantizedTensor): Tensor | QuantizedTensor {
  switch (step.kind) {
    case 'float':
      return step.layer.apply(floatsOf(x));
    case 'maxPool':
      return tidy(() => pooled(floatsOf(x), step.windows));
    case 'flatten':
      if (!(x instanceof QuantizedTensor)) return flattened(x);
      return x.reshape([x.shape[0] as number, x.size / Math.max(x.shape[0] as number, 1)]);
    case 'floatLinear': {
      const { weight, bias, activation, slope, inputScales, windows } = step;
      if (windows) return tidy(() => convolved(floatsOf(x), weight as Tensor4D, bias, windows, { activation, slope }));
      return tidy(() => linear(inputScales ? divided(floatsOf(x), inputScales) : floatsOf(x), weight, bias, { activation, slope }));
    }
    case 'quantized':
      return tidy(() => runQuantized(step, x) as unknown as Tensor) as Tensor | QuantizedTensor;
  }
}

function runQuantized(step: QuantizedStep, x: Tensor | QuantizedTensor): Tensor | QuantizedTensor {
  const { weight, bias, activation, slope, input, output, rounding, inputScales } = step;
  if (output && typeof input !== 'string') {
    const integers = x instanceof QuantizedTensor ? x : quantizeTensor(inputScales ? divided(x, inputScales) : x, input);
    return int8Linear(integers, weight, bias, { output, activation: activation as Int8Activation, rounding });
  }
  const floats = floatsOf(x);
  const scaled = inputScales ? divided(floats, inputScales) : floats;
  // Integers become the same integers again inside, because a quantized number is one that its quantization keeps.
  return quantizedLinear(scaled, weight, bias, { activation, slope, inputQuantization: input });
}

export function floatsOf(x: Tensor | QuantizedTensor): Tensor {
  return x instanceof QuantizedTensor ? dequantize(x) : x;
}

/** Frees what a step owns; may be called again. */
export function disposeStep(step: NetworkStep): void {
  if (step.kind !== 'quantized' && step.kind !== 'floatLinear') return;
  step.weight.dispose();
  if (step.bias) dispose(step.bias);
}

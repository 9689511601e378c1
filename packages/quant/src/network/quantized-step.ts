import { dispose, keep, reshape, tensor, tensor1d, tidy, util, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { linear, type ActivationName, type ApplyContext, type Layer } from '@x/tensor';
import {
  dequantizeTensor,
  int8AveragePool,
  int8Add,
  int8Conv2d,
  int8DepthwiseConv2d,
  int8Linear,
  int8MaxPool,
  quantizedConv2d,
  quantizedDepthwiseConv2d,
  quantizedLinear,
  quantizedMatrix,
  QuantizedTensor,
  quantizeTensor,
  type Int8Activation,
  type Quantization,
  type QuantizedMatrix,
  type RequantizationRounding,
} from '@x/tensor/quant';
import type { QuantizedWeight } from '../weights/weight-grid.ts';
import { copyOf } from './float-layers.ts';
import { boundedIntegers, passesIntegers } from './integer-steps.ts';
import { convolved, divided, filterShape, flattened, flattenedShape, pooled, withParts } from './run-step.ts';
import type { Scheme } from './scheme.ts';
import { disposeSparse, runSparse, type QuantizedSparseStep } from './sparse-step.ts';
import { shapeAfterSteps } from './step-shape.ts';
import type { FlattenStep, FloatStep, LinearStep, PoolStep, ReshapeStep, Windows } from './steps.ts';

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
  /** Of a convolution, whose weight is that of a window. */
  readonly windows: Windows | undefined;
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

/** A pool, of integers where they come. */
export interface NetworkPoolStep extends PoolStep {
  /** What the integers of a mean stand for; of the largest they are those that came. */
  readonly output: Required<Quantization> | undefined;
}

/** A container whose parts run steps. */
export interface NetworkCompositeStep {
  readonly kind: 'composite';
  readonly name: string;
  /** The original container. */
  readonly layer: Layer;
  readonly parts: Readonly<Record<string, readonly NetworkStep[]>>;
  /** Of a residual connection that adds integers. */
  readonly integers: ResidualIntegers | undefined;
}

/** What the integers of a residual connection stand for: those it takes, those its parts give, and their sums. */
export interface ResidualIntegers {
  readonly input: Required<Quantization>;
  readonly inner: Required<Quantization>;
  readonly shortcut?: Required<Quantization>;
  readonly output: Required<Quantization>;
}

/** A layer in float. */
export interface NetworkFloatStep extends FloatStep {
  /** Whether the network made it; otherwise it is still its owner's. */
  readonly owned: boolean;
}

export type NetworkStep =
  | QuantizedStep
  | FloatLinearStep
  | NetworkPoolStep
  | FlattenStep
  | ReshapeStep
  | NetworkFloatStep
  | QuantizedSparseStep
  | NetworkCompositeStep;

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
    weight: keep(tensor(weight, windows ? filterShape(windows, units) : [inputs, units], 'float32')),
    bias: keptBias(bias),
  };
}

/** A layer that stays in float, with variables of its own if it can have them. */
export function ownFloat({ kind, name, layer }: FloatStep): NetworkFloatStep {
  const copy = copyOf(layer);
  return { kind, name, layer: copy ?? layer, owned: copy !== undefined };
}

/** All steps on an input, each result disposed after its use. */
export function runNetworkSteps(steps: readonly NetworkStep[], x: Tensor, context: ApplyContext = {}): Tensor {
  return floatsOf(runInTurn(steps, x, context));
}

function runInTurn(steps: readonly NetworkStep[], x: Tensor | QuantizedTensor, context: ApplyContext): Tensor | QuantizedTensor {
  let value = x;
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] as NetworkStep;
    const pool = poolOf(step, steps[index + 1]);
    const next = pool ? tidyStep(() => runConvolution(step as QuantizedStep, value, pool)) : runNetworkStep(step, value, context);
    if (pool) index++;
    if (value !== x && value !== next) value.dispose();
    value = next;
  }
  return value;
}

/** The window of a pool that a convolution does along with its sums, as the next step would. */
function poolOf(step: NetworkStep, next: NetworkStep | undefined): readonly [number, number] | undefined {
  if (step.kind !== 'quantized' || !step.windows || step.windows.depthwise || !step.output) return undefined;
  if (next?.kind !== 'pool' || next.of !== 'max' || next.windows?.padding !== 'valid') return undefined;
  const { window, strides } = next.windows;
  return window[0] === strides[0] && window[1] === strides[1] ? window : undefined;
}

/** What a step makes of floats, or of integers that the step before gave out. */
export function runNetworkStep(step: NetworkStep, x: Tensor | QuantizedTensor, context: ApplyContext = {}): Tensor | QuantizedTensor {
  switch (step.kind) {
    case 'float':
      if (x instanceof QuantizedTensor && passesIntegers(step.layer)) return boundedIntegers(x, step.layer);
      return step.layer.apply(floatsOf(x), context);
    case 'quantizedSparse':
      return runSparse(step, floatsOf(x));
    case 'pool':
      return tidyStep(() => (x instanceof QuantizedTensor ? pooledIntegers(x, step) : pooled(x, step)));
    case 'flatten':
      if (!(x instanceof QuantizedTensor)) return flattened(x);
      return x.reshape(flattenedShape(x.shape));
    case 'reshape':
      return x instanceof QuantizedTensor
        ? x.reshape([x.shape[0] as number, ...step.shape])
        : reshape(x, [x.shape[0] as number, ...step.shape]);
    case 'floatLinear': {
      const { weight, bias, activation, slope, inputScales, windows } = step;
      if (windows) return tidy(() => convolved(floatsOf(x), weight as Tensor4D, bias, windows, { activation, slope }));
      return tidy(() => linear(inputScales ? divided(floatsOf(x), inputScales) : floatsOf(x), weight, bias, { activation, slope }));
    }
    case 'composite':
      if (step.integers) return tidyStep(() => integerSum(step, step.integers as ResidualIntegers, x, context));
      return withParts(step.layer, step.parts, runNetworkSteps, shapeAfterSteps).apply(floatsOf(x), context);
    case 'quantized':
      return tidyStep(() => (step.windows ? runConvolution(step, x) : runQuantized(step, x)));
  }
}

/** A tidy of what may give integers. */
function tidyStep(run: () => Tensor | QuantizedTensor): Tensor | QuantizedTensor {
  return tidy(() => run() as unknown as Tensor) as Tensor | QuantizedTensor;
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

function runConvolution(step: QuantizedStep, x: Tensor | QuantizedTensor, pool?: readonly [number, number]): Tensor | QuantizedTensor {
  const { weight, bias, activation, slope, input, output, rounding } = step;
  const { window, strides, dilation, padding, depthwise } = step.windows as Windows;
  const place = { kernelSize: window, strides, dilations: dilation, pad: padding };
  if (output && typeof input !== 'string') {
    const integers = x instanceof QuantizedTensor ? x : quantizeTensor(x, input);
    const options = { ...place, output, activation: activation as Int8Activation, rounding };
    if (depthwise) return int8DepthwiseConv2d(integers, weight, bias, options);
    return int8Conv2d(integers, weight, bias, { ...options, ...(pool && { pool }) });
  }
  const run = depthwise ? quantizedDepthwiseConv2d : quantizedConv2d;
  return run(x, weight, bias, { ...place, activation, slope, inputQuantization: input === 'none' ? 'dynamic' : input });
}

/** shortcut(x) + inner(x) in integers. */
function integerSum(
  { parts }: NetworkCompositeStep,
  { input, inner, shortcut, output }: ResidualIntegers,
  x: Tensor | QuantizedTensor,
  context: ApplyContext,
): QuantizedTensor {
  const from = asIntegers(x, input);
  const branch = (steps: readonly NetworkStep[] = [], quantization: Required<Quantization>): QuantizedTensor =>
    asIntegers(runInTurn(steps, from, context), quantization);
  const past = shortcut ? branch(parts['shortcut'], shortcut) : from;
  return int8Add(past, branch(parts['inner'], inner), { output });
}

function asIntegers(x: Tensor | QuantizedTensor, quantization: Required<Quantization>): QuantizedTensor {
  return x instanceof QuantizedTensor ? x : quantizeTensor(x, quantization);
}

function pooledIntegers(x: QuantizedTensor, { of, windows, output }: NetworkPoolStep): QuantizedTensor {
  const pool = (images: QuantizedTensor, window: readonly [number, number], options: object): QuantizedTensor =>
    of === 'max' ? int8MaxPool(images, window, options) : int8AveragePool(images, window, { ...options, ...(output && { output }) });
  if (windows) return pool(x, windows.window, { strides: windows.strides, pad: windows.padding });
  const [batch, channels] = [x.shape[0] as number, x.shape.at(-1) as number];
  const places = util.sizeFromShape(x.shape.slice(1, -1));
  return pool(x.reshape([batch, places, 1, channels]), [places, 1], {}).reshape([batch, channels]);
}

export function floatsOf(x: Tensor | QuantizedTensor): Tensor {
  return x instanceof QuantizedTensor ? dequantizeTensor(x) : x;
}

/** All steps, those in containers after the container. */
export function* everyNetworkStep(steps: readonly NetworkStep[]): Generator<NetworkStep> {
  for (const step of steps) {
    yield step;
    if (step.kind === 'composite') for (const part of Object.values(step.parts)) yield* everyNetworkStep(part);
  }
}

/** Frees what a step owns; may be called again. */
export function disposeStep(step: NetworkStep): void {
  if (step.kind === 'composite') for (const part of Object.values(step.parts)) for (const own of part) disposeStep(own);
  if (step.kind === 'quantizedSparse') disposeSparse(step);
  if (step.kind === 'float' && step.owned) step.layer.dispose();
  if (step.kind !== 'quantized' && step.kind !== 'floatLinear') return;
  step.weight.dispose();
  if (step.bias) dispose(step.bias);
}

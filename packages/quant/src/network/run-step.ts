import {
  avgPool,
  div,
  fused,
  max,
  maxPool,
  mean,
  reshape,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
  util,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { activation as activate, linear, type ActivationName, type ApplyContext, type Layer, type Padding } from '@x/tensor';
import type { CompositeStep, LinearStep, PoolStep, Step, Windows } from './steps.ts';

/** What may be put into a run of steps, those inside containers included. */
export interface StepHooks {
  /** Sees each step and what it gets. */
  readonly before?: (step: Step, x: Tensor) => void;
  /** Sees what a part of a container gives. */
  readonly after?: (container: CompositeStep, part: string, y: Tensor) => void;
  /** Runs linear steps, instead of {@link runLinear}. */
  readonly linear?: (step: LinearStep, x: Tensor) => Tensor;
}

/** What steps do one after another in float. */
export function runSteps(steps: readonly Step[], x: Tensor, context: ApplyContext = {}, hooks: StepHooks = {}): Tensor {
  return tidy(() => steps.reduce((value, step) => runStep(step, value, context, hooks), x));
}

/** What a step does in float. Of a layer's own variables it reads the values they have now. */
export function runStep(step: Step, x: Tensor, context: ApplyContext = {}, hooks: StepHooks = {}): Tensor {
  hooks.before?.(step, x);
  switch (step.kind) {
    case 'float':
    case 'sparse':
      return step.layer.apply(x, context);
    case 'flatten':
      return flattened(x);
    case 'reshape':
      return reshape(x, [x.shape[0] as number, ...step.shape]);
    case 'pool':
      return pooled(x, step);
    case 'composite':
      return withParts(step.layer, step.parts, (steps, value, own, part) => {
        const y = runSteps(steps, value, own, hooks);
        hooks.after?.(step, part, y);
        return y;
      }).apply(x, context);
    case 'linear':
      return hooks.linear ? hooks.linear(step, x) : runLinear(step, x);
  }
}

/** A container whose parts run steps. */
export function withParts<S>(
  container: Layer,
  parts: Readonly<Record<string, readonly S[]>>,
  run: (steps: readonly S[], x: Tensor, context: ApplyContext, part: string) => Tensor,
  shapeOf: (steps: readonly S[], shape: Parameters<Layer['outputShape']>[0]) => ReturnType<Layer['outputShape']> = (_, shape) => shape,
): Layer {
  const made = Object.entries(parts).map(([name, steps]): [string, Layer] => [
    name,
    {
      kind: 'steps',
      variables: {},
      apply: (x, context = {}) => run(steps, x, context, name),
      outputShape: (shape) => shapeOf(steps, shape),
      dispose: () => {},
    },
  ]);
  return (container.withParts as NonNullable<Layer['withParts']>)(Object.fromEntries(made));
}

/** A linear step in float. */
export function runLinear(step: LinearStep, x: Tensor): Tensor {
  return tidy(() => linearOf(step, step.inputScales ? divided(x, step.inputScales) : x, step.weight));
}

/** A linear step with other weights. */
export function linearOf({ inputs, units, bias, activation, slope, windows }: LinearStep, x: Tensor, weight: Float32Array): Tensor {
  return tidy(() => {
    const offset = bias && tensor1d(bias, 'float32');
    if (!windows) return linear(x, tensor2d(weight, [inputs, units], 'float32'), offset, { activation, slope });
    return convolved(x, tensor4d(weight, filterShape(windows, units), 'float32'), offset, windows, { activation, slope });
  });
}

/** Shape of a filter as tfjs has it: [height, width, channels, filters], or of each channel [height, width, channels, multiplier]. */
export function filterShape({ window, channels, depthwise }: Windows, units: number): [number, number, number, number] {
  return [...window, channels, depthwise ? units / channels : units];
}

/** Activations that tfjs's convolutions have. */
const fusible: readonly string[] = ['linear', 'relu', 'relu6'];

/** activation(x * filter + bias) of images. */
export function convolved(
  x: Tensor,
  filter: Tensor4D,
  bias: Tensor | undefined,
  { strides, dilation, padding, depthwise }: Windows,
  { activation, slope }: { readonly activation: ActivationName; readonly slope: number },
): Tensor {
  return tidy(() => {
    const inside = fusible.includes(activation);
    const y = (depthwise ? fused.depthwiseConv2d : fused.conv2d)({
      ...{ x: x as Tensor4D, filter, strides: [...strides] as [number, number], dilations: [...dilation] as [number, number] },
      // A filter of each channel takes the same paddings, though its type doesn't say so.
      ...{ pad: explicitPadding(padding) as 'valid', activation: inside ? (activation as 'linear') : 'linear' },
      ...(bias && { bias }),
    });
    return inside ? y : activate(y, activation, { slope });
  });
}

/** The largest, or the mean, of each window, or of all positions. */
export function pooled(x: Tensor, { of, windows }: PoolStep): Tensor {
  if (!windows) {
    const axes = x.shape.slice(1, -1).map((_, axis) => axis + 1);
    return of === 'max' ? max(x, axes) : mean(x, axes);
  }
  const { window, strides, padding } = windows;
  return (of === 'max' ? maxPool : avgPool)(x as Tensor4D, [...window], [...strides], explicitPadding(padding));
}

/** Padding as tfjs takes it. */
export function explicitPadding(
  padding: Padding,
): 'valid' | 'same' | [[number, number], [number, number], [number, number], [number, number]] {
  if (typeof padding !== 'number') return padding;
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ];
}

/** [n, the rest] of a shape, also of no example. */
export function flattenedShape([examples = 0, ...sizes]: readonly number[]): [number, number] {
  return [examples, util.sizeFromShape(sizes)];
}

/** [n, ...] as [n, the rest]. */
export function flattened(x: Tensor): Tensor {
  return reshape(x, flattenedShape(x.shape));
}

/** x over scales along its last axis. */
export function divided(x: Tensor, scales: ArrayLike<number>): Tensor {
  return tidy(() => div(x, tensor1d(Float32Array.from(scales), 'float32')));
}

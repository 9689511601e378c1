import { add, conv2d, div, maxPool, reshape, tensor1d, tensor2d, tensor4d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { activation as activate, linear, type ActivationName, type Padding } from '@x/tensor';
import type { LinearStep, Step, Windows } from './steps.ts';

/** What a step does in float. Of a layer's own variables it reads the values they have now. */
export function runStep(step: Step, x: Tensor): Tensor {
  if (step.kind === 'float') return step.layer.apply(x);
  if (step.kind === 'flatten') return flattened(x);
  if (step.kind === 'maxPool') return pooled(x, step.windows);
  return tidy(() => linearOf(step, step.inputScales ? divided(x, step.inputScales) : x, step.weight));
}

/** A linear step with other weights. */
export function linearOf({ inputs, units, bias, activation, slope, windows }: LinearStep, x: Tensor, weight: Float32Array): Tensor {
  return tidy(() => {
    const offset = bias && tensor1d(bias, 'float32');
    if (!windows) return linear(x, tensor2d(weight, [inputs, units], 'float32'), offset, { activation, slope });
    return convolved(x, tensor4d(weight, [...windows.window, windows.channels, units], 'float32'), offset, windows, { activation, slope });
  });
}

/** activation(x * filter + bias) of images. */
export function convolved(
  x: Tensor,
  filter: Tensor4D,
  bias: Tensor | undefined,
  { strides, dilation, padding }: Windows,
  { activation, slope }: { readonly activation: ActivationName; readonly slope: number },
): Tensor {
  return tidy(() => {
    const product = conv2d(x as Tensor4D, filter, [...strides], explicit(padding), 'NHWC', [...dilation]);
    const z = bias ? add(product, bias) : product;
    return activation === 'linear' ? z : activate(z, activation, { slope });
  });
}

/** The largest of each window. */
export function pooled(x: Tensor, { window, strides, padding }: Pick<Windows, 'window' | 'strides' | 'padding'>): Tensor {
  return maxPool(x as Tensor4D, [...window], [...strides], explicit(padding));
}

/** Padding as tfjs takes it. */
function explicit(padding: Padding): 'valid' | 'same' | [[number, number], [number, number], [number, number], [number, number]] {
  if (typeof padding !== 'number') return padding;
  return [
    [0, 0],
    [padding, padding],
    [padding, padding],
    [0, 0],
  ];
}

/** [n, ...] as [n, the rest]. */
export function flattened(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] as number, x.size / Math.max(x.shape[0] as number, 1)]);
}

/** x over scales along its last axis. */
export function divided(x: Tensor, scales: ArrayLike<number>): Tensor {
  return tidy(() => div(x, tensor1d(Float32Array.from(scales), 'float32')));
}

import { div, reshape, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { linear } from '@x/tensor';
import type { LinearStep, Step } from './steps.ts';

/** What a step does in float. Of a layer's own variables it reads the values they have now. */
export function runStep(step: Step, x: Tensor): Tensor {
  if (step.kind === 'float') return step.layer.apply(x);
  if (step.kind === 'flatten') return flattened(x);
  return tidy(() => linearOf(step, step.inputScales ? divided(x, step.inputScales) : x, step.weight));
}

/** A linear step with other weights. */
export function linearOf({ inputs, units, bias, activation, slope }: LinearStep, x: Tensor, weight: Float32Array): Tensor {
  return tidy(() => linear(x, tensor2d(weight, [inputs, units], 'float32'), bias && tensor1d(bias, 'float32'), { activation, slope }));
}

/** [n, ...] as [n, the rest]. */
export function flattened(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] as number, x.size / Math.max(x.shape[0] as number, 1)]);
}

/** x over scales along its last axis. */
export function divided(x: Tensor, scales: ArrayLike<number>): Tensor {
  return tidy(() => div(x, tensor1d(Float32Array.from(scales), 'float32')));
}

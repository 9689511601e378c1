import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../gradients/define-gradient.ts';
import { needGradient, runKernel } from './kernel.ts';

interface ChannelNormOptions {
  /** Leading part of x that has statistics of its own, and groups of its channels that have. */
  readonly images: number;
  readonly groups: number;
  readonly epsilon: number;
}

const KERNEL = 'XChannelNorm';

/** Normalization by groups of channels by our kernels, and the statistics, through which no gradient flows. */
export function channelNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: ChannelNormOptions,
): [y: Tensor, mean: Tensor, variance: Tensor] {
  needGradient(channelNormGradient);
  return runKernel<[Tensor, Tensor, Tensor]>(KERNEL, { x, gamma, beta }, options);
}

const channelNormGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor, Tensor], ChannelNormOptions, Tensor[]>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, [x, gamma, mean, variance], options) => {
    const inputs = { dy: dys[0] as Tensor, x, gamma, mean, variance };
    const [dx, dGamma, dBeta] = runKernel<[Tensor, Tensor, Tensor]>('XChannelNormGrad', inputs, options);
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
});

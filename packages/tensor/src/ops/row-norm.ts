import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../gradients/define-gradient.ts';
import { needGradient, runKernel } from './kernel.ts';

const KERNEL = 'XLayerNorm';

/** Normalization along the last axis by our kernels, one forward and one backward; without beta by the root mean square. */
export function rowNorm(x: Tensor, gamma: Tensor, beta: Tensor | undefined, epsilon: number): Tensor {
  needGradient(rowNormGradient);
  const [y, moments] = runKernel<[Tensor, Tensor]>(KERNEL, beta ? { x, gamma, beta } : { x, gamma }, {
    epsilon,
    centered: beta !== undefined,
  });
  moments.dispose();
  return y;
}

const rowNormGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], { centered: boolean }, Tensor[]>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true],
  gradFunc: (dys, [x, gamma, moments], { centered }) => {
    const inputs = { dy: dys[0] as Tensor, x, gamma, moments };
    const [dx, dGamma, dBeta] = runKernel<[Tensor, Tensor, Tensor]>('XLayerNormGrad', inputs, { centered });
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
});

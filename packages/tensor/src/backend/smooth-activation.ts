import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { binaryKernel, MANY, unaryKernel } from '../kernels/elementwise.ts';
import { binary } from './binary.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';
import { unary } from './unary.ts';

const kernelsOf = (name: string) => ({
  forward: unaryKernel(`f32_${name}`, MANY),
  backward: { ...binaryKernel(`f32_${name}_gradient`), share: MANY },
});

/** Activations whose derivative follows from their argument, not from their value. */
const kernels: Record<string, ReturnType<typeof kernelsOf>> = {
  gelu: kernelsOf('gelu'),
  geluTanh: kernelsOf('gelu_tanh'),
  silu: kernelsOf('silu'),
};

function chosen({ attrs }: KernelCall): ReturnType<typeof kernelsOf> {
  const { activation } = attrs as { activation: string };
  const found = kernels[activation];
  if (!found) throw new Error(`internal: no activation '${activation}'`);
  return found;
}

export const smoothActivationKernels: readonly BackendKernel[] = [
  {
    name: 'XSmoothActivation',
    run: (call) => unary(call.backend, chosen(call).forward, call.inputs['x'] as TensorInfo, 'float32'),
  },
  {
    /** dx = dy·f'(x). */
    name: 'XSmoothActivationGrad',
    run: (call) => {
      const { dy, x } = call.inputs as { dy: TensorInfo; x: TensorInfo };
      util.assertShapesMatch(dy.shape, x.shape, 'Error in XSmoothActivationGrad: ');
      return binary(call.backend, chosen(call).backward, dy, x, 'float32');
    },
  },
];

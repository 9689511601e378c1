import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { binaryKernel, type ElementwiseKernel } from '../kernels/elementwise.ts';
import { binary } from './binary.ts';
import type { BackendKernel } from './kernel.ts';

const kernels: Record<string, ElementwiseKernel> = {
  relu: binaryKernel('f32_relu_gradient'),
  relu6: binaryKernel('f32_relu6_gradient'),
  leakyrelu: binaryKernel('f32_leaky_relu_gradient'),
  sigmoid: binaryKernel('f32_sigmoid_gradient'),
  tanh: binaryKernel('f32_tanh_gradient'),
  elu: binaryKernel('f32_elu_gradient'),
};

/** dx = dy · f'(x), from the result y = f(x) of the activation; at its corners the slope is that of the flatter side. */
const activationGradient: BackendKernel = {
  name: 'XActivationGrad',
  run: ({ inputs, attrs, backend }) => {
    const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
    const { activation, slope = 0.2 } = attrs as { activation: string; slope?: number };
    const kernel = kernels[activation];
    if (!kernel) throw new Error(`internal: no gradient of '${activation}'`);
    util.assertShapesMatch(dy.shape, y.shape, 'Error in XActivationGrad: ');
    return binary(backend, kernel, dy, y, 'float32', slope);
  },
};

const eluGradient: BackendKernel = {
  name: 'EluGrad',
  run: (call, beneath) => {
    const { dy, y } = call.inputs as { dy: TensorInfo; y: TensorInfo };
    if (dy.dtype !== 'float32' || y.dtype !== 'float32') return beneath(call);
    return binary(call.backend, kernels['elu'] as ElementwiseKernel, dy, y, 'float32');
  },
};

export const activationGradientKernels: readonly BackendKernel[] = [activationGradient, eluGradient];

import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { adagradStep } from '../kernels/adagrad.ts';
import { adamStep, type AdamStep, type AdamTensors } from '../kernels/adam.ts';
import { axpy } from '../kernels/axpy.ts';
import { rmspropStep } from '../kernels/rmsprop.ts';
import { sgdStep } from '../kernels/sgd.ts';
import type { BackendKernel } from './kernel.ts';

/** Throws unless every tensor is float32 of the value's shape. */
function check(kernel: string, tensors: Readonly<Record<string, TensorInfo | undefined>>): void {
  const value = tensors['value'] as TensorInfo;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor && (tensor.dtype !== 'float32' || !util.arraysEqual(tensor.shape, value.shape)))
      throw new Error(`${kernel}: ${name} must be float32 [${value.shape}] like the value, not ${tensor.dtype} [${tensor.shape}].`);
  }
}

/** Writes into `value` and `velocity`; gives nothing. PyTorch's SGD; its first step has no dampening, which is the caller's to say. */
const sgd: BackendKernel = {
  name: 'XSgdUpdate',
  run: ({ inputs, attrs, backend }) => {
    const { value, gradient, velocity } = inputs as { value: TensorInfo; gradient: TensorInfo; velocity?: TensorInfo };
    check('XSgdUpdate', { value, gradient, velocity });
    sgdStep(backend.kernels, {
      value: backend.address(value),
      gradient: backend.address(gradient),
      velocity: velocity ? backend.address(velocity) : 0,
      count: util.sizeFromShape(value.shape),
      ...{ momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
      ...(attrs as unknown as { learningRate: number }),
    });
    backend.touch(value);
    if (velocity) backend.touch(velocity);
    return [];
  },
};

/** Values, gradients, means and squares of one parameter after another; writes into all but the gradients and gives nothing. PyTorch's Adam, or AdamW if decoupled. */
const adam: BackendKernel = {
  name: 'XAdamUpdate',
  run: ({ inputs, attrs, backend }) => {
    const given = Object.values(inputs) as TensorInfo[];
    const tensors: AdamTensors[] = [];
    for (let i = 0; i < given.length; i += 4) {
      const [value, gradient, m, v] = given.slice(i, i + 4) as [TensorInfo, TensorInfo, TensorInfo, TensorInfo];
      check('XAdamUpdate', { value, gradient, m, v });
      tensors.push({
        value: backend.address(value),
        gradient: backend.address(gradient),
        m: backend.address(m),
        v: backend.address(v),
        count: util.sizeFromShape(value.shape),
      });
    }
    adamStep(backend.kernels, tensors, attrs as unknown as AdamStep);
    given.forEach((tensor, index) => index % 4 === 1 || backend.touch(tensor));
    return [];
  },
};

/** Writes into `value`, `square` and, where given, `mean` (centered) and `buffer` (momentum); gives nothing. PyTorch's RMSprop. */
const rmsprop: BackendKernel = {
  name: 'XRmspropUpdate',
  run: ({ inputs, attrs, backend }) => {
    const { value, gradient, square, mean, buffer } = inputs as Record<'value' | 'gradient' | 'square', TensorInfo> & {
      mean?: TensorInfo;
      buffer?: TensorInfo;
    };
    check('XRmspropUpdate', { value, gradient, square, mean, buffer });
    rmspropStep(backend.kernels, {
      value: backend.address(value),
      gradient: backend.address(gradient),
      square: backend.address(square),
      mean: mean ? backend.address(mean) : 0,
      buffer: buffer ? backend.address(buffer) : 0,
      count: util.sizeFromShape(value.shape),
      ...{ alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0 },
      ...(attrs as unknown as { learningRate: number }),
    });
    for (const written of [value, square, mean, buffer]) if (written) backend.touch(written);
    return [];
  },
};

/** Writes into `value` and `square`; gives nothing. PyTorch's Adagrad; its learning rate's decay is the caller's to say. */
const adagrad: BackendKernel = {
  name: 'XAdagradUpdate',
  run: ({ inputs, attrs, backend }) => {
    const { value, gradient, square } = inputs as Record<'value' | 'gradient' | 'square', TensorInfo>;
    check('XAdagradUpdate', { value, gradient, square });
    adagradStep(backend.kernels, {
      value: backend.address(value),
      gradient: backend.address(gradient),
      square: backend.address(square),
      count: util.sizeFromShape(value.shape),
      ...{ epsilon: 1e-10, weightDecay: 0 },
      ...(attrs as unknown as { learningRate: number }),
    });
    for (const written of [value, square]) backend.touch(written);
    return [];
  },
};

/** value += scale·addend, in place; gives nothing. */
const accumulate: BackendKernel = {
  name: 'XAccumulate',
  run: ({ inputs, attrs, backend }) => {
    const { value, addend } = inputs as { value: TensorInfo; addend: TensorInfo };
    check('XAccumulate', { value, addend });
    const { scale = 1 } = (attrs ?? {}) as { scale?: number };
    axpy(backend.kernels, backend.address(value), backend.address(addend), util.sizeFromShape(value.shape), scale);
    backend.touch(value);
    return [];
  },
};

export const optimizerKernels: readonly BackendKernel[] = [sgd, adam, rmsprop, adagrad, accumulate];

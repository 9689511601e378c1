import { engine, type Tensor } from '@tensorflow/tfjs-core';

interface Operation {
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Keeps tensors for the backward pass. */
  forward(save: (tensors: Tensor[]) => void): Tensor;
  /** The gradient of each input. */
  backward(dy: Tensor, saved: Tensor[]): Readonly<Record<string, () => Tensor>>;
}

/** What `tf.customGrad` is made of: unlike that it computes the gradients only of inputs that somebody asks for, not that of the batch. */
export function withLazyGradients({ inputs, forward, backward }: Operation): Tensor {
  return (engine() as unknown as Custom).runKernelFunc({ forwardFunc: (_, save) => forward(save), backwardsFunc: backward, inputs });
}

interface Custom {
  runKernelFunc(kernel: {
    readonly forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor;
    readonly backwardsFunc: Operation['backward'];
    readonly inputs: Operation['inputs'];
  }): Tensor;
}

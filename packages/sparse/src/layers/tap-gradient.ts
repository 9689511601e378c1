import { clone, customGrad, zerosLike, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';

/** z itself; in the backward pass `see` is shown its gradient and x, which belong to that pass. */
export function tapGradient(z: Tensor, x: Tensor, see: (dz: Tensor, x: Tensor) => void): Tensor {
  const tapped = customGrad((value: Tensor | GradSaveFunc, input: Tensor | GradSaveFunc, save: Tensor | GradSaveFunc) => {
    (save as GradSaveFunc)([input as Tensor]);
    return {
      value: clone(value as Tensor),
      gradFunc: (dy: Tensor, [saved]: Tensor[]) => {
        see(dy, saved as Tensor);
        return [clone(dy), zerosLike(saved as Tensor)];
      },
    };
  });
  return tapped(z, x);
}

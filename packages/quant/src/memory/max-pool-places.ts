import { customGrad, engine, fill, MaxPoolGrad, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import type { Layer, Pool2dLayer } from '@x/tensor';
import { positiveBits, wherePositive } from '@x/tensor/storage';
import { explicitPadding } from '../network/run-step.ts';

/** Whether no two windows of a layer of greatest values overlap, so that a bit a number says where they are. */
export function isApart(layer: Layer): boolean {
  if (layer.kind !== 'maxPool2d') return false;
  const { window, strides } = layer as Pool2dLayer;
  return window.every((size, axis) => size <= (strides[axis] as number));
}

/** The greatest value of each window, keeping for the backward pass a bit for each number: whether it is one. `note` is told how many bytes. */
export function maxPoolByPlaces(layer: Pool2dLayer, x: Tensor, note: (bytes: number) => void): Tensor {
  const { window, strides, padding } = layer;
  const attributes = { filterSize: [...window], strides: [...strides], pad: explicitPadding(padding) };
  const gradient = (dy: Tensor, input: Tensor, output: Tensor): Tensor =>
    engine().runKernel<Tensor>(MaxPoolGrad, { dy, input, output }, attributes as NamedAttrMap) as Tensor;
  return customGrad((...args: unknown[]) => {
    const [value, save] = args as [Tensor, (tensors: Tensor[]) => void];
    const y = layer.apply(value);
    const places = positiveBits(gradient(fill(y.shape, 1), value, y));
    save([places]);
    note(4 * places.size);
    return {
      value: y,
      // Of the places alone the greatest are where they were.
      gradFunc: ((dy: Tensor, [bits]: [Tensor]) => gradient(dy, wherePositive(fill(x.shape, 1), bits), fill(dy.shape, 1))) as never,
    };
  })(x);
}

import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationLayer, Layer } from '@x/tensor';
import { int8Map, type QuantizedTensor } from '@x/tensor/quant';

/** Whether a layer gives integers of what it got in integers, because it only bounds them. */
export function passesIntegers(layer: Layer): boolean {
  return layer.kind === 'activation' && ['relu', 'relu6'].includes((layer as ActivationLayer).activation);
}

/** relu or relu6 of integers, as integers that stand for the same. */
export function boundedIntegers(x: QuantizedTensor, layer: Layer): QuantizedTensor {
  const most = (layer as ActivationLayer).activation === 'relu6' ? 6 : Infinity;
  const [least, largest] = x.type === 'uint8' ? [0, 255] : [-128, 127];
  // Where all integers stand for numbers within the bounds there is nothing to do.
  if (x.zeroPoint === least && (largest - x.zeroPoint) * x.scale <= most) return x;
  return tidy(() => int8Map(x, (value) => Math.min(Math.max(value, 0), most), x) as unknown as Tensor) as unknown as QuantizedTensor;
}

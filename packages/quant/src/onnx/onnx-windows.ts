import type { OnnxAttributeValue } from '@x/tensor/onnx';
import type { Windows } from '../network/steps.ts';

/** Attributes that ONNX's convolutions and pools share. */
export function windowAttributes(
  { window, strides, padding }: Pick<Windows, 'window' | 'strides' | 'padding'>,
  dilation?: readonly [number, number],
): Record<string, OnnxAttributeValue> {
  return {
    kernel_shape: { ints: window },
    strides: { ints: strides },
    ...(dilation && { dilations: { ints: dilation } }),
    ...(padding === 'same' && { auto_pad: { text: 'SAME_UPPER' } }),
    ...(typeof padding === 'number' && padding > 0 && { pads: { ints: [padding, padding, padding, padding] } }),
  };
}

/** A filter [height · width · channels, filters] in ONNX's order, [filters, channels, height, width]. */
export function filterFirst<T extends Int8Array | Float32Array>(values: T, taps: number, channels: number, filters: number): T {
  const turned = values.slice() as T;
  for (let tap = 0; tap < taps; tap++)
    for (let channel = 0; channel < channels; channel++)
      for (let filter = 0; filter < filters; filter++)
        turned[(filter * channels + channel) * taps + tap] = values[(tap * channels + channel) * filters + filter] as number;
  return turned;
}

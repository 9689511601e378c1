import type { Tensor } from '@tensorflow/tfjs-core';
import type { Quantization } from '@x/tensor/quant';
import type { QuantizedStep, ResidualIntegers } from '../network/quantized-step.ts';
import { checkChoice, checkNumber } from '../validation.ts';

/** What `loadSafetensors` or `decodeSafetensors` of `@x/tensor` gives. */
export interface SafetensorsInput {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly raw: Readonly<Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly bytes: Uint8Array }>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the JSON of a file says of a step. */
export type Fields = Readonly<Record<string, unknown>>;

export const where = 'fromSafetensors';

export function integersOf(at: string, value: unknown): ResidualIntegers | undefined {
  if (value === undefined) return undefined;
  const { input, inner, shortcut, output } = (value ?? {}) as Fields;
  return {
    ...{ input: quantizationOf(`${at}.input`, input), inner: quantizationOf(`${at}.inner`, inner) },
    ...(shortcut !== undefined && { shortcut: quantizationOf(`${at}.shortcut`, shortcut) }),
    output: quantizationOf(`${at}.output`, output),
  };
}

export function restOf(
  name: string,
  inputs: number,
  units: number,
  { tensors }: SafetensorsInput,
): { bias: Float32Array<ArrayBuffer> | undefined; inputScales: Float64Array<ArrayBuffer> | undefined } {
  const bias = numbers(tensors[`${name}.bias`]);
  if (bias && bias.length !== units)
    throw new RangeError(`${where}: layer ${name}: bias has ${bias.length} numbers, but must have ${units}.`);
  const scales = numbers(tensors[`${name}.inputScale`]);
  if (scales && scales.length !== inputs)
    throw new RangeError(`${where}: layer ${name}: inputScale has ${scales.length} numbers, but must have ${inputs}.`);
  return { bias, inputScales: scales && Float64Array.from(scales) };
}

export function numbers(tensor: Tensor | undefined): Float32Array<ArrayBuffer> | undefined {
  return tensor && Float32Array.from(tensor.dataSync());
}

export function inputOf(name: string, value: unknown): QuantizedStep['input'] {
  return value === 'dynamic' || value === 'none' ? value : quantizationOf(name, value);
}

export function quantizationOf(name: string, value: unknown): Required<Quantization> {
  const { scale, zeroPoint, type } = (value ?? {}) as Fields;
  checkNumber(where, `${name}.scale`, scale, { above: 0 });
  checkChoice(where, `${name}.type`, type, ['int8', 'uint8']);
  const least = type === 'int8' ? -128 : 0;
  checkNumber(where, `${name}.zeroPoint`, zeroPoint, { least, most: least + 255, whole: true });
  return { scale: scale as number, zeroPoint: zeroPoint as number, type: type as Quantization['type'] & string };
}

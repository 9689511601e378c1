import { csrPattern, QuantizedCsr } from '@x/tensor/sparse';
import { keptBias } from '../network/quantized-step.ts';
import type { QuantizedSparseStep } from '../network/sparse-step.ts';
import { checkNumber } from '../validation.ts';
import { inputOf, numbers, restOf, where, type Fields, type SafetensorsInput } from './described-values.ts';

/** @throws {TypeError | RangeError} if the file has not all of it, or the pattern is none; nothing stays allocated then. */
export function sparseStep(
  fields: Fields,
  at: string,
  shared: Pick<QuantizedSparseStep, 'name' | 'activation' | 'slope'>,
  { tensors, raw }: SafetensorsInput,
): QuantizedSparseStep {
  const { name } = shared;
  const [inputs, units] = ['inputs', 'units'].map((own) => {
    checkNumber(where, `${at}${own}`, fields[own], { least: 1, most: 2 ** 31, whole: true });
    return fields[own] as number;
  }) as [number, number];
  const integers = (own: string): Int32Array => {
    const short = raw[`${name}.${own}`];
    if (short?.dtype === 'U16') return Int32Array.from(new Uint16Array(short.bytes.slice().buffer));
    const found = tensors[`${name}.${own}`];
    if (found?.dtype !== 'int32') throw new RangeError(`${where}: ${at}${own} is missing among the tensors of I32 or U16.`);
    return Int32Array.from(found.dataSync());
  };
  const pattern = csrPattern(units, inputs, integers('pointers'), integers('indices'));
  try {
    const values = raw[`${name}.values`];
    const scales = numbers(tensors[`${name}.valueScale`]);
    if (values?.dtype !== 'I8' || values.bytes.length !== pattern.nonZeros || scales?.length !== units)
      throw new RangeError(`${where}: ${at}values must be I8 of ${pattern.nonZeros} bytes, and valueScale F32 of ${units} numbers.`);
    const { bias } = restOf(name, inputs, units, { tensors, raw, metadata: {} });
    const input = inputOf(`${at}input`, fields['input']);
    if (input === 'none') throw new RangeError(`${where}: ${at}input is "none", but must be a quantization or "dynamic".`);
    const matrix = new QuantizedCsr(pattern, new Int8Array(values.bytes.slice().buffer), scales);
    return { kind: 'quantizedSparse', ...shared, matrix, bias: keptBias(bias), input };
  } finally {
    pattern.dispose();
  }
}

import { OnnxError, type OnnxNode } from '@x/tensor/onnx';

/** Attributes of which one value can be run, where it is a list each of them. */
const only: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  MaxPool: { dilations: 1 },
  AveragePool: { dilations: 1 },
  Gemm: { alpha: 1, beta: 1, transA: 0 },
  Elu: { alpha: 1 },
  Selu: { alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
  ReduceMean: { noop_with_empty_axes: 0 },
  Reshape: { allowzero: 0 },
};
/** Of attributes that are float32. */
const NEAR = 1e-6;

/** Types that Cast goes to, among ONNX's data types: float32, 8 to 64 bits of integers, truth values, float64 as float32. */
const castable: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13];

/** @throws {OnnxError} if an attribute has a value with which the operator does what isn't done here. */
export function checkAttributes({ op, attributes }: OnnxNode): void {
  for (const [name, value] of Object.entries((Object.hasOwn(only, op) && only[op]) || {})) {
    const own = attributes[name];
    if (own !== undefined && [own].flat().some((one) => !(Math.abs((one as number) - value) < NEAR)))
      throw new OnnxError('Malformed', `${op} has ${name} ${String(own)}; ${value} can be run.`);
  }
  const { kernel_shape: window } = attributes as { readonly kernel_shape?: readonly number[] };
  if (window && window.length !== 2) throw new OnnxError('Malformed', `${op} has ${window.length} axes; 2 can be run.`);
  if (op === 'Cast' && !castable.includes(attributes['to'] as number))
    throw new OnnxError('Malformed', `Cast goes to ONNX's data type ${String(attributes['to'])}, which can’t be run.`);
}

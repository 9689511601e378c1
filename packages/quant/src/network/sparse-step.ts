import { dispose, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { ActivationName, Layer } from '@x/tensor';
import type { Quantization } from '@x/tensor/quant';
import { int8CsrLinear, quantizeCsr, type CsrPattern, type QuantizedCsr } from '@x/tensor/sparse';

/** What `sparseLinear` of `@x/sparse` says of itself. */
export interface SparseLinearLike extends Layer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: ActivationName;
  readonly slope: number;
  readonly pattern: CsrPattern;
  /** Set where only some of the non-zeros take part. */
  readonly division: unknown;
  readonly variables: { readonly values: Variable; readonly bias?: Variable };
}

/** A linear map of which only the non-zeros exist; it is still its owner's. */
export interface SparseStep {
  readonly kind: 'sparse';
  readonly name: string;
  readonly layer: SparseLinearLike;
}

/** Such a map in 8-bit integers, with a scale a unit. */
export interface QuantizedSparseStep {
  readonly kind: 'quantizedSparse';
  readonly name: string;
  readonly matrix: QuantizedCsr;
  readonly bias: Tensor | undefined;
  readonly activation: ActivationName;
  readonly slope: number;
  /** How its input is quantized; what calibration found, or by its own range. */
  readonly input: Required<Quantization> | 'dynamic';
}

/** Whether a layer is sparse and all of its non-zeros take part. */
export function isSparse(layer: Layer): layer is SparseLinearLike {
  return layer.kind === 'sparseLinear' && 'pattern' in layer && (layer as SparseLinearLike).division === undefined;
}

export function quantizedSparse(
  { name, layer }: SparseStep,
  bias: Tensor | undefined,
  input: QuantizedSparseStep['input'],
): QuantizedSparseStep {
  const { pattern, variables, activation, slope } = layer;
  return { kind: 'quantizedSparse', name, matrix: quantizeCsr(variables.values, pattern), bias, activation, slope, input };
}

export function runSparse({ matrix, bias, activation, slope, input }: QuantizedSparseStep, x: Tensor): Tensor {
  return int8CsrLinear(x, matrix, bias, { activation, slope, inputQuantization: input });
}

export function disposeSparse({ matrix, bias }: QuantizedSparseStep): void {
  matrix.dispose();
  if (bias) dispose(bias);
}

/** How many numbers a sparse layer in float has: of its values, of its pattern, and biases. */
export function sizesOfSparse({ pattern, variables }: SparseLinearLike): readonly number[] {
  return [pattern.nonZeros, pattern.nonZeros, pattern.rows + 1, variables.bias?.size ?? 0];
}

/** Bytes of the layer in integers and in float, with 4 a value and a column's number. */
export function bytesOfSparse({ matrix, bias }: QuantizedSparseStep): { readonly bytes: number; readonly floatBytes: number } {
  const ofBias = 4 * (bias?.size ?? 0);
  return { bytes: matrix.bytes + ofBias, floatBytes: 8 * matrix.nonZeros + 4 * matrix.pointers.length + ofBias };
}

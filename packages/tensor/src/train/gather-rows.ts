import { gather, tensor, Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';

export type NumericArray = Float32Array | Int32Array | Uint8Array | Uint8ClampedArray;

/** Rows of a tensor, or of an array whose rows have a shape, as a new tensor. Bytes are floats as measurements, integers as labels. */
export function gatherRows(from: Tensor | NumericArray, rows: Int32Array, shape: readonly number[], as: 'measurement' | 'label'): Tensor {
  if (from instanceof Tensor) return tidy(() => gather(from, tensor1d(rows, 'int32')));
  const width = shape.reduce((product, size) => product * size, 1);
  const areFloats = (from as ArrayBufferView) instanceof Float64Array || from instanceof Float32Array;
  const floats = areFloats || (as === 'measurement' && !(from instanceof Int32Array));
  const values = new (floats ? Float32Array : Int32Array)(rows.length * width);
  if (width === 1) for (let row = 0; row < rows.length; row++) values[row] = from[rows[row] as number] as number;
  else
    for (let row = 0; row < rows.length; row++) {
      const begin = (rows[row] as number) * width;
      values.set(from.subarray(begin, begin + width), row * width);
    }
  return tensor(values, [rows.length, ...shape], floats ? 'float32' : 'int32');
}

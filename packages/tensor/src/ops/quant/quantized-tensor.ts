import { clone, tensor1d, util, type Tensor } from '@tensorflow/tfjs-core';
import { checkShape, describe } from '../arguments.ts';
import { checkQuantization, type Int8Type, type Quantization } from './quantization.ts';

/**
 * Activations of 8 bits: real = scale · (q - zeroPoint). The integers lie row-major, four to each word of `data`, so that
 * layers pass them on without a float in between, and a reshape copies nothing. `tf.tidy` and `tf.dispose` see `data`.
 */
export class QuantizedTensor {
  /** int32[ceil(size / 4)], little-endian; the bytes after the last integer are any. */
  readonly data: Tensor;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  readonly type: Int8Type;

  /** @param data Words that hold the integers; it is owned by the quantized tensor from now on. */
  constructor(data: Tensor, shape: readonly number[], { scale, zeroPoint = 0, type = 'int8' }: Quantization) {
    this.data = data;
    this.shape = shape;
    this.scale = scale;
    this.zeroPoint = zeroPoint;
    this.type = type;
  }

  get size(): number {
    return util.sizeFromShape(this.shape as number[]);
  }

  get isDisposed(): boolean {
    return this.data.isDisposed;
  }

  /** The integers, read back. */
  values(): Int8Array | Uint8Array {
    const { buffer, byteOffset } = this.data.dataSync() as Int32Array<ArrayBuffer>;
    return this.type === 'uint8' ? new Uint8Array(buffer, byteOffset, this.size) : new Int8Array(buffer, byteOffset, this.size);
  }

  /**
   * The same integers under another shape; nothing is copied.
   *
   * @throws {RangeError} if the shape holds another number of them.
   */
  reshape(shape: readonly number[]): QuantizedTensor {
    checkShape('QuantizedTensor.reshape', 'shape', shape);
    if (util.sizeFromShape(shape as number[]) !== this.size)
      throw new RangeError(
        `QuantizedTensor.reshape: shape is [${shape.join(', ')}], but must hold ${this.size} integers as [${this.shape.join(', ')}] does.`,
      );
    return new QuantizedTensor(clone(this.data), shape, this);
  }

  /** Frees the words; may be called again. */
  dispose(): void {
    this.data.dispose();
  }
}

/**
 * A quantized tensor of given integers.
 *
 * @param values Row-major; an Int8Array makes one of type `int8`, a Uint8Array of `uint8`.
 * @throws {TypeError | RangeError} if the shape holds another number of values, or scale or zeroPoint is invalid.
 * @example
 * const x = quantizedTensor(Int8Array.of(1, -2, 3, 4), [2, 2], { scale: 0.5 });
 * dequantizeTensor(x).print(); // [[0.5, -1], [1.5, 2]]
 */
export function quantizedTensor(
  values: Int8Array | Uint8Array,
  shape: readonly number[],
  quantization: Omit<Quantization, 'type'>,
): QuantizedTensor {
  const where = 'quantizedTensor';
  if (!(values instanceof Int8Array || values instanceof Uint8Array))
    throw new TypeError(`${where}: values is ${describe(values)}, but must be an Int8Array or a Uint8Array.`);
  checkShape(where, 'shape', shape);
  const type = values instanceof Uint8Array ? 'uint8' : 'int8';
  const checked = checkQuantization(where, 'quantization', { ...quantization, type });
  if (util.sizeFromShape(shape as number[]) !== values.length)
    throw new RangeError(`${where}: values has ${values.length} integers, but shape is [${shape.join(', ')}].`);
  return fromBytes(values, shape, checked);
}

/** {@link quantizedTensor} without its checks. */
export function fromBytes(values: Int8Array | Uint8Array, shape: readonly number[], quantization: Quantization): QuantizedTensor {
  return new QuantizedTensor(tensor1d(wordsOf(values), 'int32'), [...shape], quantization);
}

/** Bytes as whole words; the last is filled up with 0. */
export function wordsOf(bytes: Int8Array | Uint8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  return words;
}

/** @throws {TypeError | RangeError | Error} unless the argument is a live quantized tensor with at least so many axes. */
export function checkQuantizedTensor(where: string, name: string, value: unknown, leastRank = 0): asserts value is QuantizedTensor {
  if (!(value instanceof QuantizedTensor))
    throw new TypeError(
      `${where}: ${name} is ${describe(value)}, but must be a quantized tensor; make one with quantizeTensor() or quantizedTensor().`,
    );
  if (value.isDisposed) throw new Error(`${where}: ${name} is disposed; dispose a tensor (or leave its tf.tidy) only after its last use.`);
  if (value.shape.length < leastRank)
    throw new RangeError(
      `${where}: ${name} has shape [${value.shape.join(', ')}], but its rank must be at least ${leastRank}. Use ${name}.reshape(...).`,
    );
}

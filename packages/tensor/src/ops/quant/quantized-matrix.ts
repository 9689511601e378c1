import { keep, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { packMatrix, PANEL, panelCount, unpackMatrix, type MatrixShape } from '../../kernels/quant/matrix-layout.ts';
import { checkNumber, describe } from '../arguments.ts';
import { checkScale } from './quantization.ts';
import { wordsOf } from './quantized-tensor.ts';

/** What {@link quantizedMatrix} is told about its integers. */
export interface QuantizedMatrixOptions {
  /** Steps of the integers: one, or one a unit, or row-major [groups, units]. */
  readonly scales: Float32Array | readonly number[];
  /** The integers that stand for 0, as many as scales, in the range of the values. Default: 0 each. */
  readonly zeroPoints?: ArrayLike<number>;
  /** Width, 2 to 8; up to 4 are stored two to a byte. Default 8. */
  readonly bits?: number;
  /** Inputs that share a scale, a multiple of 8 that divides them. Default: all. */
  readonly groupSize?: number;
  /** Whether the values lie as [units, inputs], as PyTorch, GGUF and TFLite have them. Default false. */
  readonly transposed?: boolean;
}

/** A matrix's tensors for the kernels. */
export interface QuantizedMatrixTensors {
  readonly packed: Tensor;
  readonly scales: Tensor;
  /** Of every group and unit: what the integers add up to. */
  readonly sums: Tensor;
  readonly zeroPoints: Tensor | undefined;
}

/** What a {@link QuantizedMatrix} is made of. */
interface Parts {
  readonly inputs: number;
  readonly units: number;
  readonly bits: number;
  readonly groupSize: number | undefined;
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array | undefined;
  readonly values: ArrayLike<number>;
  readonly transposed: boolean;
}

/**
 * A weight [inputs, units] of few bits: real = scale · (q - zeroPoint), with one scale for all, one a unit (per channel), or one
 * a unit and group of inputs. It is laid out once for the kernels and never changed; no float copy of it is made. It lives
 * until {@link dispose}, not until the end of a `tf.tidy`.
 */
export class QuantizedMatrix {
  readonly inputs: number;
  readonly units: number;
  readonly bits: number;
  /** Inputs that share a scale; undefined if all do. */
  readonly groupSize: number | undefined;
  /** One, `units`, or row-major [groups, units]. */
  readonly scales: Float32Array;
  /** Of the signed integers that {@link values} gives, as many as scales; undefined if all are 0. */
  readonly zeroPoints: Int32Array | undefined;
  readonly #packed: Tensor;
  #tensors: QuantizedMatrixTensors | undefined;
  #rowMajor: Tensor | undefined;
  #pairsFit: boolean | undefined;

  constructor({ inputs, units, bits, groupSize, scales, zeroPoints, values, transposed }: Parts) {
    this.inputs = inputs;
    this.units = units;
    this.bits = bits;
    this.groupSize = groupSize;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    const packed = packMatrix(values, this.layout, transposed);
    this.#packed = keep(tensor1d(new Int32Array(packed.buffer), 'int32'));
  }

  get shape(): readonly [inputs: number, units: number] {
    return [this.inputs, this.units];
  }

  /** How many groups of inputs have scales of their own; 1 without groups. */
  get groups(): number {
    return this.groupSize === undefined ? 1 : this.inputs / this.groupSize;
  }

  get isDisposed(): boolean {
    return this.#packed.isDisposed;
  }

  /** For the kernels: sizes and width of the packed integers. */
  get layout(): MatrixShape {
    return { inputs: this.inputs, units: this.units, nibbles: this.bits <= 4 };
  }

  /** Bytes of the integers, scales and zero points, without what pads them: what a file needs. */
  get bytes(): number {
    const perScale = 4 + (this.zeroPoints ? 1 : 0);
    return Math.ceil((this.inputs * this.units * (this.bits <= 4 ? 4 : 8)) / 8) + this.scales.length * perScale;
  }

  /** The integers, row-major [inputs, units], read back: from -2^(bits - 1) to 2^(bits - 1) - 1. */
  values(): Int8Array<ArrayBuffer> {
    const words = this.#packed.dataSync() as Int32Array;
    return unpackMatrix(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), this.layout);
  }

  /** float32[inputs, units], what the integers stand for. */
  toDense(): Tensor {
    const { inputs, units } = this;
    const values = this.values();
    const dense = new Float32Array(values.length);
    for (let input = 0; input < inputs; input++) {
      for (let unit = 0; unit < units; unit++) {
        const at = input * units + unit;
        const q = (values[at] as number) - this.zeroPointAt(input, unit);
        dense[at] = q * this.scaleAt(input, unit);
      }
    }
    return tensor2d(dense, [inputs, units]);
  }

  scaleAt(input: number, unit: number): number {
    return this.scales[this.#place(input, unit)] as number;
  }

  zeroPointAt(input: number, unit: number): number {
    return this.zeroPoints ? (this.zeroPoints[this.#place(input, unit)] as number) : 0;
  }

  /** For the kernels: its tensors, kept until {@link dispose}. */
  onDevice(): QuantizedMatrixTensors {
    return (this.#tensors ??= tidy(() => ({
      packed: this.#packed,
      scales: keep(
        tensor1d(
          this.#laidOut((input, unit) => this.scaleAt(input, unit), Float32Array),
          'float32',
        ),
      ),
      sums: keep(tensor1d(this.#sums(), 'int32')),
      zeroPoints:
        this.zeroPoints &&
        keep(
          tensor1d(
            this.#laidOut((input, unit) => this.zeroPointAt(input, unit), Int32Array),
            'int32',
          ),
        ),
    })));
  }

  /** For the kernels that take each channel by itself: the integers as bytes, row-major, in a tensor kept until {@link dispose}. */
  rowMajor(): Tensor {
    return (this.#rowMajor ??= tidy(() => keep(tensor1d(wordsOf(this.values()), 'int32'))));
  }

  /**
   * For the kernels: whether two neighbouring inputs' products with numbers from 0 to 255 always add up to 16 bits, as those of
   * 7 bits do.
   */
  get pairsFit(): boolean {
    return (this.#pairsFit ??= fitInPairs(this.values(), this.inputs, this.units));
  }

  /** Frees the tensors; may be called again. */
  dispose(): void {
    this.#packed.dispose();
    if (this.#tensors) for (const tensor of Object.values(this.#tensors) as (Tensor | undefined)[]) tensor?.dispose();
    this.#tensors = undefined;
    this.#rowMajor?.dispose();
    this.#rowMajor = undefined;
  }

  #place(input: number, unit: number): number {
    if (this.groupSize !== undefined) return Math.floor(input / this.groupSize) * this.units + unit;
    return this.scales.length === 1 ? 0 : unit;
  }

  /** A number for each group and unit in the kernels' order. */
  #laidOut<T extends Float32Array | Int32Array>(of: (input: number, unit: number) => number, List: new (length: number) => T): T {
    const { groups, units, groupSize = 0 } = this;
    const list = new List(panelCount(units) * groups * PANEL);
    for (let unit = 0; unit < units; unit++) {
      for (let group = 0; group < groups; group++) {
        list[(Math.floor(unit / PANEL) * groups + group) * PANEL + (unit % PANEL)] = of(group * groupSize, unit);
      }
    }
    return list;
  }

  #sums(): Int32Array {
    const { groups, units, inputs, groupSize = inputs } = this;
    const values = this.values();
    const sums = new Int32Array(groups * units);
    for (let input = 0; input < inputs; input++) {
      const at = Math.floor(input / groupSize) * units;
      for (let unit = 0; unit < units; unit++) sums[at + unit]! += values[input * units + unit] as number;
    }
    return this.#laidOut((input, unit) => sums[(input / groupSize) * units + unit] ?? 0, Int32Array);
  }
}

/** Whether the sums of the positive and of the negative integers of a pair stay within 128. */
function fitInPairs(values: Int8Array, inputs: number, units: number): boolean {
  for (let input = 0; input < inputs; input += 2) {
    for (let unit = 0; unit < units; unit++) {
      const a = values[input * units + unit] as number;
      const b = input + 1 < inputs ? (values[(input + 1) * units + unit] as number) : 0;
      if (Math.max(a, 0) + Math.max(b, 0) > 128 || Math.max(-a, 0) + Math.max(-b, 0) > 128) return false;
    }
  }
  return true;
}

/**
 * A weight of given integers.
 *
 * @param values Row-major [inputs, units]. An Int8Array holds numbers from -2^(bits - 1) to 2^(bits - 1) - 1; a Uint8Array those from 0 to
 *   2^bits - 1, which are kept as signed ones, zero points alike.
 * @throws {TypeError | RangeError} if values, scales or zeroPoints are not as many as the shape and groups need, are out of range, or
 *   the group size doesn't divide the inputs.
 * @example
 * const weight = quantizedMatrix(Int8Array.of(1, -2, 3, 4, -5, 6), 3, 2, { scales: [0.5, 0.25] }); // per channel
 * weight.toDense().print(); // [[0.5, -0.5], [1.5, 1], [-2.5, 1.5]]
 */
export function quantizedMatrix(
  values: Int8Array | Uint8Array,
  inputs: number,
  units: number,
  { scales, zeroPoints, bits = 8, groupSize, transposed = false }: QuantizedMatrixOptions,
): QuantizedMatrix {
  const where = 'quantizedMatrix';
  if (!(values instanceof Int8Array || values instanceof Uint8Array))
    throw new TypeError(`${where}: values is ${describe(values)}, but must be an Int8Array or a Uint8Array.`);
  checkNumber(where, 'inputs', inputs, { least: 1, whole: true });
  checkNumber(where, 'units', units, { least: 1, whole: true });
  checkNumber(where, 'bits', bits, { least: 2, most: 8, whole: true });
  if (values.length !== inputs * units)
    throw new RangeError(`${where}: values has ${values.length} integers, but [${inputs}, ${units}] needs ${inputs * units}.`);
  checkGroupSize(where, groupSize, inputs);
  const count = groupSize === undefined ? units : (inputs / groupSize) * units;
  const single = groupSize === undefined && scales?.length === 1;
  if (!single) checkCount(where, 'scales', scales, count);
  for (let i = 0; i < scales.length; i++) checkScale(where, `scales[${i}]`, scales[i]);
  const half = 2 ** (bits - 1);
  const offset = values instanceof Uint8Array ? half : 0;
  if (zeroPoints !== undefined) {
    checkCount(where, 'zeroPoints', zeroPoints, scales.length);
    for (let i = 0; i < scales.length; i++)
      checkNumber(where, `zeroPoints[${i}]`, zeroPoints[i], { least: offset - half, most: offset + half - 1, whole: true });
  }
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) - offset;
    if (value < -half || value >= half) checkNumber(where, `values[${i}]`, values[i], { least: offset - half, most: offset + half - 1 });
  }
  const zeros = Int32Array.from({ length: scales.length }, (_, i) => (zeroPoints?.[i] ?? 0) - offset);
  const signed = offset === 0 ? values : Int8Array.from(values, (value) => value - offset);
  return new QuantizedMatrix({
    ...{ inputs, units, bits, groupSize, transposed },
    scales: Float32Array.from(scales),
    zeroPoints: zeros.some((zero) => zero !== 0) ? zeros : undefined,
    values: signed,
  });
}

function checkCount(where: string, name: string, list: unknown, count: number): void {
  const length = (list as ArrayLike<number> | undefined)?.length;
  if (length !== count)
    throw new RangeError(
      `${where}: ${name} is ${describe(list)}, but must have ${count} numbers${name === 'scales' ? ', or without groups one for all' : ''}.`,
    );
}

/** @throws {RangeError} unless the size is a multiple of 8 that divides the inputs, or undefined. */
export function checkGroupSize(where: string, groupSize: number | undefined, inputs: number): void {
  if (groupSize === undefined) return;
  checkNumber(where, 'groupSize', groupSize, { least: 8, whole: true });
  if (groupSize % 8 !== 0) throw new RangeError(`${where}: groupSize is ${groupSize}, but must be a multiple of 8, such as 32, 64 or 128.`);
  if (inputs % groupSize !== 0)
    throw new RangeError(
      `${where}: groupSize ${groupSize} does not divide the ${inputs} inputs; choose one that does, or pad inputs with zeros to ${Math.ceil(inputs / groupSize) * groupSize}.`,
    );
}

/** @throws {TypeError | Error} unless the argument is a live quantized matrix. */
export function checkQuantizedMatrix(where: string, name: string, value: unknown): asserts value is QuantizedMatrix {
  if (!(value instanceof QuantizedMatrix))
    throw new TypeError(
      `${where}: ${name} is ${describe(value)}, but must be a quantized matrix; make one with quantizeMatrix() or quantizedMatrix().`,
    );
  if (value.isDisposed) throw new Error(`${where}: ${name} is disposed; dispose it only after its last use.`);
}

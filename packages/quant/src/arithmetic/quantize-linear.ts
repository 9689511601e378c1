import { checkOptions } from '@x/tensor/arguments';
import { roundToFormat, type FloatFormat } from '../formats/float-format.ts';
import { e2m1, e4m3fn, e4m3fnuz, e5m2, e5m2fnuz } from '../formats/formats.ts';
import { checkArray, checkChoice, checkNumber, checkObject } from '../validation.ts';
import { roundHalfEven } from './rounding.ts';

const integers: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint4: [0, 15],
  int4: [-8, 7],
  uint2: [0, 3],
  int2: [-2, 1],
};
const floats: Readonly<Record<string, FloatFormat>> = {
  float8e4m3fn: e4m3fn,
  float8e4m3fnuz: e4m3fnuz,
  float8e5m2: e5m2,
  float8e5m2fnuz: e5m2fnuz,
  float4e2m1: e2m1,
};

/** What ONNX's QuantizeLinear gives. */
export type QuantizedType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint4'
  | 'int4'
  | 'uint2'
  | 'int2'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'float4e2m1';
const types = [...Object.keys(integers), ...Object.keys(floats)];

/** Scales and zero points: one, one for each index of an axis, or one for each block of an axis. */
export interface LinearScales {
  readonly scale: number | ArrayLike<number>;
  /** Whole numbers; default 0. */
  readonly zeroPoint?: number | ArrayLike<number>;
  /** Shape of the values; needed where there are several scales. */
  readonly shape?: readonly number[];
  /** Default 1, as in ONNX. */
  readonly axis?: number;
  /** Values along the axis that share a scale, where there are blocks. */
  readonly blockSize?: number;
}

export interface QuantizeLinearOptions extends LinearScales {
  /** Default `uint8`. */
  readonly type?: QuantizedType;
  /** Of 8-bit floats: whether too large numbers become the largest. Default true. */
  readonly saturate?: boolean;
}

/**
 * ONNX's QuantizeLinear: saturate(round(x / scale) + zeroPoint), in float32, ties to even before the zero point is added.
 *
 * @returns Whole numbers, or the values of the 8- and 4-bit floats.
 * @throws {RangeError} if the type is unknown, or scales, axis and shape don't fit.
 * @example
 * quantizeLinear([0, 2, 3, 1000, -254, -1000], { scale: 2, zeroPoint: 128 }); // => [128, 129, 130, 255, 1, 0]
 *
 * ONNX operators, QuantizeLinear 25.
 */
export function quantizeLinear(values: ArrayLike<number>, options: QuantizeLinearOptions): number[] {
  checkArray('quantizeLinear', 'values', values);
  checkObject('quantizeLinear', 'options', options, ['scale']);
  checkOptions('quantizeLinear', options);
  const { type = 'uint8', saturate = true, ...scales } = options;
  checkChoice('quantizeLinear', 'type', type, types);
  const at = scaleAt('quantizeLinear', values.length, scales);
  const format = floats[type];
  const [least, most] = integers[type] ?? [0, 0];
  return Array.from(values, (value, index) => {
    const { scale, zeroPoint } = at(index);
    const ratio = Math.fround(Math.fround(value) / scale);
    if (format) return roundToFormat(ratio, format, { saturate });
    return Math.min(Math.max(roundHalfEven(ratio) + zeroPoint, least), most);
  });
}

/**
 * ONNX's DequantizeLinear: (q - zeroPoint) · scale, in float32.
 *
 * @throws {RangeError} if scales, axis and shape don't fit.
 */
export function dequantizeLinear(values: ArrayLike<number>, scales: LinearScales): Float32Array<ArrayBuffer> {
  checkArray('dequantizeLinear', 'values', values);
  checkObject('dequantizeLinear', 'scales', scales, ['scale']);
  const at = scaleAt('dequantizeLinear', values.length, scales);
  return Float32Array.from(values, (value, index) => {
    const { scale, zeroPoint } = at(index);
    return (value - zeroPoint) * scale;
  });
}

/**
 * ONNX's DynamicQuantizeLinear to uint8: the range is widened to hold 0, scale = (max - min) / 255, zeroPoint = round(-min / scale).
 *
 * @throws {RangeError} if there are no values, or one is not finite.
 */
export function dynamicQuantizeLinear(values: ArrayLike<number>): {
  readonly values: Uint8Array<ArrayBuffer>;
  readonly scale: number;
  readonly zeroPoint: number;
} {
  checkArray('dynamicQuantizeLinear', 'values', values);
  checkNumber('dynamicQuantizeLinear', 'the number of values', values.length, { least: 1 });
  let min = 0;
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const value = Math.fround(values[i] as number);
    checkNumber('dynamicQuantizeLinear', `values[${i}]`, value);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const scale = min === max ? 1 : Math.fround(Math.fround(max - min) / 255);
  const zeroPoint = Math.min(Math.max(roundHalfEven(Math.fround(-min / scale)), 0), 255);
  return { values: Uint8Array.from(quantizeLinear(values, { scale, zeroPoint })), scale, zeroPoint };
}

function scaleAt(
  where: string,
  size: number,
  { scale, zeroPoint = 0, shape, axis = 1, blockSize }: LinearScales,
): (index: number) => { scale: number; zeroPoint: number } {
  if (typeof scale === 'number') {
    if (typeof zeroPoint !== 'number')
      throw new RangeError(`${where}: zeroPoint has ${zeroPoint.length} values, but scale is one number; give as many of both.`);
    checkScale(where, 'scale', scale);
    checkNumber(where, 'zeroPoint', zeroPoint, { whole: true });
    const one = { scale: Math.fround(scale), zeroPoint };
    return () => one;
  }
  if (!shape) throw new RangeError(`${where}: scale has ${scale.length} values, so shape must tell the shape of the values.`);
  const along = axis < 0 ? axis + shape.length : axis;
  const length = shape[along];
  if (length === undefined || shape.reduce((product, length) => product * length, 1) !== size)
    throw new RangeError(
      `${where}: shape is [${shape.join(', ')}] and axis ${axis}, but must be the shape of the ${size} values and one of its axes.`,
    );
  const inner = shape.slice(along + 1).reduce((product, length) => product * length, 1);
  if (blockSize !== undefined) checkNumber(where, 'blockSize', blockSize, { least: 1, whole: true });
  const blocks = blockSize === undefined ? undefined : Math.ceil(length / blockSize);
  const wanted = blocks === undefined ? length : (size / length) * blocks;
  if (scale.length !== wanted || (typeof zeroPoint !== 'number' && zeroPoint.length !== wanted))
    throw new RangeError(`${where}: scale has ${scale.length} values, but there must be ${wanted}, and as many zero points.`);
  for (let i = 0; i < wanted; i++) checkScale(where, `scale[${i}]`, scale[i] as number);
  return (index) => {
    const place = Math.floor(index / inner) % length;
    const at =
      blocks === undefined
        ? place
        : (Math.floor(index / (inner * length)) * blocks + Math.floor(place / (blockSize as number))) * inner + (index % inner);
    return { scale: Math.fround(scale[at] as number), zeroPoint: typeof zeroPoint === 'number' ? zeroPoint : (zeroPoint[at] as number) };
  };
}

/** A scale is a float32: tinier ones are 0, larger ones infinite. */
function checkScale(where: string, name: string, scale: number): void {
  checkNumber(where, name, scale, { above: 0 });
  checkNumber(where, `${name} in float32`, Math.fround(scale), { above: 0 });
}

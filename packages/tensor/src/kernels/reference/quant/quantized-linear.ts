import { nearestEven, roundHalfEven } from './rounding.ts';

/** The range of a row's floats, 0 included, as 8 bits: as chooseQuantization() has it. */
export interface QuantizedRows {
  readonly integers: Int8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  readonly zeros: Int32Array<ArrayBuffer>;
}

/** Each row by its own range, to int8. */
export function referenceQuantizeRows(x: Float32Array, width: number): QuantizedRows {
  const rows = x.length / width;
  const result = { integers: new Int8Array(x.length), scales: new Float32Array(rows), zeros: new Int32Array(rows) };
  for (let row = 0; row < rows; row++) {
    let [low, high] = [0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      low = Math.min(low, x[i] as number);
      high = Math.max(high, x[i] as number);
    }
    const range = Math.fround(Math.fround(high - low) / 255);
    const scale = range > 0 ? range : 1;
    const zero = Math.min(Math.max(roundHalfEven(-128 - Math.fround(low / scale)), -128), 127);
    result.scales[row] = scale;
    result.zeros[row] = zero;
    for (let i = row * width; i < (row + 1) * width; i++)
      result.integers[i] = Math.min(Math.max(nearestEven(Math.fround((x[i] as number) / scale)) + zero, -128), 127);
  }
  return result;
}

export interface QuantizedGroups {
  readonly integers: Int8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Each group of a row by its largest size, to -127 ... 127. */
export function referenceQuantizeGroups(x: Float32Array, width: number): QuantizedGroups {
  const groups = x.length / width;
  const result = { integers: new Int8Array(x.length), scales: new Float32Array(groups) };
  for (let group = 0; group < groups; group++) {
    let size = 0;
    for (let i = group * width; i < (group + 1) * width; i++) size = Math.max(size, Math.abs(x[i] as number));
    const step = Math.fround(size / 127);
    const scale = step > 0 ? step : 1;
    result.scales[group] = scale;
    for (let i = group * width; i < (group + 1) * width; i++)
      result.integers[i] = Math.min(Math.max(nearestEven(Math.fround((x[i] as number) / scale)), -127), 127);
  }
  return result;
}

/** A grouped weight, and float rows. */
export interface GroupedProduct {
  readonly x: Float32Array;
  readonly inputs: number;
  readonly units: number;
  readonly groupSize: number;
  /** Integers, row-major [inputs, units], with their scale and zero point. */
  readonly w: ArrayLike<number>;
  readonly scale: (input: number, unit: number) => number;
  readonly zero: (input: number, unit: number) => number;
}

/**
 * y[row, unit] = sum over groups, in order, of float32(sum of x·(w - zero)) · (xScale · wScale): the sums of a group are integers, all
 * else is rounded to float32.
 */
export function referenceGroupedProduct({ x, inputs, units, groupSize, w, scale, zero }: GroupedProduct): Float32Array<ArrayBuffer> {
  const rows = x.length / inputs;
  const groups = inputs / groupSize;
  const { integers, scales } = referenceQuantizeGroups(x, groupSize);
  const y = new Float32Array(rows * units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      let total = 0;
      for (let group = 0; group < groups; group++) {
        const first = group * groupSize;
        let sum = 0;
        for (let input = first; input < first + groupSize; input++)
          sum += (integers[row * inputs + input] as number) * ((w[input * units + unit] as number) - zero(first, unit));
        const factor = Math.fround((scales[row * groups + group] as number) * scale(first, unit));
        total = Math.fround(total + Math.fround(Math.fround(sum) * factor));
      }
      y[row * units + unit] = total;
    }
  }
  return y;
}

import { roundHalfEven } from '../arithmetic/rounding.ts';
import { fractionBits } from '../observers/fixed-point.ts';
import { checkChoice, checkNumber, checkObject, show } from '../validation.ts';
import { checkOptions } from '@x/tensor/arguments';

/** A matrix of weights [inputs, units], row-major. */
export interface WeightMatrix {
  readonly values: Float32Array | Float64Array;
  readonly inputs: number;
  readonly units: number;
}

export interface GridOptions {
  /** Width, 2 to 16. Default 8. */
  readonly bits?: number;
  /** One step for the whole matrix, or one a unit. Default `channel`. */
  readonly granularity?: 'tensor' | 'channel';
  /** Inputs of a unit that share a step; must divide the inputs. Default: all. */
  readonly groupSize?: number;
  /**
   * Which integers, of 4 bits: `narrow`, -7 to 7, zero point 0; `full`, -8 to 7, zero point 0, step 2·max|w| / 15, as GPTQ's
   * symmetric grid; `asymmetric`, -8 to 7 with a zero point. Default `narrow`.
   */
  readonly integers?: 'narrow' | 'full' | 'asymmetric';
  /**
   * How steps are found: from the `extremes`; by a `search` for the shrunken range with the least Σ|w - ŵ|^2.4, as GPTQ's; or as
   * powers of two by {@link fractionBits}, `fixedPoint`, where integers are `full`. Default `extremes`.
   */
  readonly range?: 'extremes' | 'search' | 'fixedPoint';
  /** Of `fixedPoint`: fraction bits to use rather than the best. */
  readonly fraction?: number;
}

/** Steps and zero points of a matrix: real = scale · (q - zeroPoint). */
export interface WeightGrid {
  readonly inputs: number;
  readonly units: number;
  readonly bits: number;
  readonly groupSize: number | undefined;
  readonly least: number;
  readonly most: number;
  /** One, or one a unit, or row-major [groups, units]. */
  readonly scales: Float32Array<ArrayBuffer>;
  readonly zeroPoints: Int32Array<ArrayBuffer>;
}

/** A matrix in integers. */
export interface QuantizedWeight extends WeightGrid {
  /** Row-major [inputs, units]. */
  readonly values: Int16Array<ArrayBuffer>;
}

/** Index of a weight's scale and zero point. */
export function gridIndex(
  { scales, units, groupSize }: Pick<WeightGrid, 'scales' | 'units' | 'groupSize'>,
  input: number,
  unit: number,
): number {
  if (groupSize !== undefined) return Math.floor(input / groupSize) * units + unit;
  return scales.length === 1 ? 0 : unit;
}

/**
 * Steps for a matrix of weights.
 *
 * @throws {RangeError} if an option is out of range, the group doesn't divide the inputs, or a weight is NaN or infinite.
 */
export function weightGrid(weight: WeightMatrix, options: GridOptions = {}): WeightGrid {
  checkOptions('weightGrid', options);
  const where = 'weightGrid';
  checkWeight(where, weight);
  checkGridOptions(where, options, weight.inputs);
  const { bits = 8, granularity = 'channel', groupSize, range = 'extremes', fraction } = options;
  const integers = range === 'fixedPoint' ? 'full' : (options.integers ?? 'narrow');
  const { inputs, units } = weight;
  const half = 2 ** (bits - 1);
  const least = integers === 'narrow' ? 1 - half : -half;
  const most = half - 1;
  const whole = granularity === 'tensor' && groupSize === undefined;
  const count = whole ? 1 : (inputs / (groupSize ?? inputs)) * units;
  const scales = new Float32Array(count);
  const zeroPoints = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const members = whole ? weight.values : membersOf(weight, index, groupSize ?? inputs);
    const [low, high] = lowAndHigh(members);
    const at = (fraction: number): readonly [number, number] => stepOf(low * fraction, high * fraction, integers, least, most);
    const [scale, zeroPoint] =
      range === 'fixedPoint'
        ? [2 ** -(fraction ?? fractionBits(members, bits)), 0]
        : range === 'search'
          ? searched(members, at, least, most)
          : at(1);
    scales[index] = scale;
    zeroPoints[index] = zeroPoint;
  }
  return { inputs, units, bits, groupSize, least, most, scales, zeroPoints };
}

/** Scale and zero point of a range. */
function stepOf(low: number, high: number, integers: string, least: number, most: number): readonly [number, number] {
  const size = Math.max(-low, high);
  const scale = Math.fround(
    integers === 'narrow' ? size / most : integers === 'full' ? (2 * size) / (most - least) : (high - low) / (most - least),
  );
  if (!(scale > 0)) return [1, 0];
  return [scale, integers === 'asymmetric' ? Math.min(Math.max(roundHalfEven(least - low / scale), least), most) : 0];
}

/** GPTQ's search: ranges shrunk to 0.2 in steps of 0.01. */
function searched(
  members: ArrayLike<number>,
  at: (fraction: number) => readonly [number, number],
  least: number,
  most: number,
): readonly [number, number] {
  let chosen = at(1);
  let lowest = Infinity;
  for (let step = 0; step < 80; step++) {
    const candidate = at(1 - step / 100);
    const [scale, zeroPoint] = candidate;
    let error = 0;
    for (let i = 0; i < members.length; i++) {
      const value = members[i] as number;
      const q = Math.min(Math.max(roundHalfEven(value / scale) + zeroPoint, least), most);
      error += Math.abs(value - scale * (q - zeroPoint)) ** 2.4;
    }
    if (error < lowest) [chosen, lowest] = [candidate, error];
  }
  return chosen;
}

/** Least and largest, widened to hold 0. */
function lowAndHigh(values: ArrayLike<number>): readonly [number, number] {
  let low = 0;
  let high = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function membersOf({ values, units }: WeightMatrix, index: number, size: number): Float64Array {
  const unit = index % units;
  const begin = Math.floor(index / units) * size;
  return Float64Array.from({ length: size }, (_, i) => values[(begin + i) * units + unit] as number);
}

/** Weights to the nearest integers of a grid, ties to even. */
export function roundToGrid(weight: WeightMatrix, grid: WeightGrid): QuantizedWeight {
  checkObject('roundToGrid', 'weight', weight, ['values']);
  const { values, inputs, units } = weight;
  checkObject('roundToGrid', 'grid', grid, ['scales', 'zeroPoints']);
  const rounded = new Int16Array(values.length);
  for (let input = 0; input < inputs; input++) {
    for (let unit = 0; unit < units; unit++)
      rounded[input * units + unit] = nearestOnGrid(values[input * units + unit] as number, grid, input, unit);
  }
  return { ...grid, values: rounded };
}

/** The integer of one weight. */
export function nearestOnGrid(value: number, grid: WeightGrid, input: number, unit: number): number {
  const index = gridIndex(grid, input, unit);
  // In float32, so that a tie is one although the step was rounded.
  const rounded = roundHalfEven(Math.fround(value / (grid.scales[index] as number))) + (grid.zeroPoints[index] as number);
  return Math.min(Math.max(rounded, grid.least), grid.most);
}

/** The weights that integers stand for, [inputs, units]. */
export function dequantizeWeight(quantized: QuantizedWeight): Float32Array<ArrayBuffer> {
  checkObject('dequantizeWeight', 'quantized', quantized, ['values', 'scales', 'zeroPoints']);
  const { values, inputs, units, scales, zeroPoints } = quantized;
  const weight = new Float32Array(values.length);
  for (let input = 0; input < inputs; input++) {
    for (let unit = 0; unit < units; unit++) {
      const index = gridIndex(quantized, input, unit);
      const at = input * units + unit;
      weight[at] = (scales[index] as number) * ((values[at] as number) - (zeroPoints[index] as number));
    }
  }
  return weight;
}

/** @throws {RangeError | TypeError} unless all weights are there and finite. */
export function checkWeight(where: string, weight: WeightMatrix, name = 'weight'): void {
  checkObject(where, name, weight, ['values', 'inputs', 'units']);
  const { values, inputs, units } = weight;
  checkNumber(where, 'inputs', inputs, { least: 1, whole: true });
  checkNumber(where, 'units', units, { least: 1, whole: true });
  if (!(values instanceof Float32Array || values instanceof Float64Array) || values.length !== inputs * units)
    throw new TypeError(
      `${where}: values is ${show(values)}, but must be a Float32Array or Float64Array of [${inputs}, ${units}], ${inputs * units} numbers.`,
    );
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i] as number) < Infinity))
      throw new RangeError(
        `${where}: the weight from input ${Math.floor(i / units)} to unit ${i % units} is ${values[i]}, but only finite numbers can be quantized.`,
      );
  }
}

/** @throws {RangeError} if an option is out of range. */
export function checkGridOptions(where: string, options: GridOptions, inputs: number): void {
  const { bits = 8, granularity = 'channel', groupSize, integers = 'narrow', range = 'extremes', fraction } = options;
  checkNumber(where, 'bits', bits, { least: 2, most: 16, whole: true });
  checkChoice(where, 'granularity', granularity, ['tensor', 'channel']);
  checkChoice(where, 'integers', integers, ['narrow', 'full', 'asymmetric']);
  checkChoice(where, 'range', range, ['extremes', 'search', 'fixedPoint']);
  if (fraction !== undefined) checkNumber(where, 'fraction', fraction, { least: -64, most: 64, whole: true });
  if (groupSize === undefined) return;
  checkNumber(where, 'groupSize', groupSize, { least: 1, whole: true });
  if (inputs % groupSize !== 0)
    throw new RangeError(
      `${where}: groupSize ${groupSize} does not divide the ${inputs} inputs; choose one that does, or pad the inputs with zeros.`,
    );
}

import type { SmallFloat } from '../../storage/small-float.ts';
import { roundHalfEven } from '../quant/rounding.ts';

/** What happened to numbers that were rounded. */
export interface RoundingCounts {
  /** Finite numbers that became infinite, NaN, or, saturating, the largest. */
  readonly overflowed: number;
  /** Numbers other than 0 that became 0. */
  readonly underflowed: number;
  /** The largest size before rounding, infinity included, NaN left out. */
  readonly largest: number;
  /** Results that are infinite or NaN. */
  readonly nonFinite: number;
}

/** Rounds numbers to a format, ties to even or up or down by 16 random bits each, in the array itself, one at a time. */
export function referenceRound(values: Float32Array, format: SmallFloat, saturate: boolean, draws?: Uint16Array): RoundingCounts {
  const { mantissaBits, max, leastNormal, nonFinite } = format;
  const beyond = saturate || nonFinite === 'finite' ? max : nonFinite === 'ieee' ? Infinity : Number.NaN;
  let [overflowed, underflowed, largest] = [0, 0, 0];
  values.forEach((x, i) => {
    const size = Math.abs(x);
    if (Number.isNaN(x)) {
      if (nonFinite === 'finite') values[i] = -0;
      return;
    }
    if (size > largest) largest = size;
    let rounded = nonFinite === 'fnuz' ? Number.NaN : beyond;
    if (size !== Infinity) {
      const quantum = 2 ** (floorLog2(Math.max(size, leastNormal)) - mantissaBits);
      const u = draws && Math.fround(((draws[i] as number) + 0.5) / 65536);
      rounded = (u === undefined ? roundHalfEven(size / quantum) : eitherWay(size, quantum, u, format)) * quantum;
      if (rounded > max) {
        rounded = beyond;
        overflowed++;
      }
    }
    if (rounded === 0 && size !== 0) underflowed++;
    const negative = (x < 0 || Object.is(x, -0)) && !(rounded === 0 && nonFinite === 'fnuz');
    values[i] = negative ? -rounded : rounded;
  });
  return { overflowed, underflowed, largest, nonFinite: values.filter((value) => !Number.isFinite(value)).length };
}

/** How many quanta: up with the probability by which a size is beyond the number below; in float32 below the least normal number. */
function eitherWay(size: number, quantum: number, u: number, { mantissaBits, leastNormal }: SmallFloat): number {
  if (size < leastNormal) return roundHalfEven(Math.fround(size + Math.fround(Math.fround(u - 0.5) * quantum)) / quantum);
  const parts = 2 ** (23 - mantissaBits);
  return Math.floor(size / quantum + Math.floor(u * parts) / parts);
}

/** Rounds rows of `width` numbers in blocks that share a power of two, in the array itself; a row's last block may be shorter. */
export function referenceRoundBlocks(values: Float32Array, width: number, element: SmallFloat, block: number): RoundingCounts {
  let [overflowed, underflowed, largest] = [0, 0, 0];
  for (let row = 0; row < values.length; row += width) {
    for (let begin = row; begin < row + width; begin += block) {
      const own = values.subarray(begin, Math.min(begin + block, row + width));
      const sizes = own.map(Math.abs);
      const most = sizes.reduce((a, b) => (Number.isNaN(b) || b > a ? b : a), 0);
      for (const size of sizes) if (size > largest) largest = size;
      const exponent = (most === 0 ? -126 : floorLog2(most)) - floorLog2(element.max);
      if (!Number.isFinite(most) || exponent > 127) {
        overflowed += own.filter(Number.isFinite).length;
        own.fill(Number.NaN);
        continue;
      }
      const power = 2 ** Math.max(exponent, -127);
      own.forEach((x, i) => {
        const scaled = Float32Array.of(x / power);
        referenceRound(scaled, element, true);
        if (scaled[0] === 0 && x !== 0) underflowed++;
        own[i] = (scaled[0] as number) * power;
      });
    }
  }
  return { overflowed, underflowed, largest, nonFinite: values.filter((value) => !Number.isFinite(value)).length };
}

/** Math.log2 may round up to a whole number that its argument doesn't reach. */
export function floorLog2(x: number): number {
  const near = Math.floor(Math.log2(x));
  return 2 ** near > x ? near - 1 : 2 ** (near + 1) <= x ? near + 1 : near;
}

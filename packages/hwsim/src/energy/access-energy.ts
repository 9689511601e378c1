import { requireInteger, requireNumber, requireOneOf } from '../validation.ts';

/** Number formats whose arithmetic energy is known. */
export type ArithmeticType = 'int8' | 'int16' | 'int32' | 'fp16' | 'fp32';

/**
 * Picojoules an operation at 45 nm and 0.9 V: Horowitz, "Computing's energy problem (and what we can do about it)" (ISSCC 2014).
 * int16 multiplication isn't in the table.
 */
export const horowitz45nm: {
  readonly add: Readonly<Record<ArithmeticType, number>>;
  readonly multiply: Readonly<Record<Exclude<ArithmeticType, 'int16'>, number>>;
  /** A 32-bit word from an 8 KiB SRAM, and from DRAM. */
  readonly sramRead32: number;
  readonly dramRead32: number;
} = {
  add: { int8: 0.03, int16: 0.05, int32: 0.1, fp16: 0.4, fp32: 0.9 },
  multiply: { int8: 0.2, int32: 3.1, fp16: 1.1, fp32: 3.7 },
  sramRead32: 5,
  dramRead32: 640,
};

/** Picojoules of a multiply-accumulate at 45 nm; int8 accumulates in 32 bits, fp16 in fp32. */
export function macEnergy(type: Exclude<ArithmeticType, 'int16'>): number {
  const accumulator: Record<Exclude<ArithmeticType, 'int16'>, ArithmeticType> = {
    int8: 'int32',
    int32: 'int32',
    fp16: 'fp32',
    fp32: 'fp32',
  };
  requireOneOf('type', type, Object.keys(accumulator) as (typeof type)[]);
  return horowitz45nm.multiply[type] + horowitz45nm.add[accumulator[type]];
}

/**
 * Picojoules to read a 32-bit word from an SRAM of `kib` KiB at 45 nm: 5 pJ at 8 KiB, growing with the square root of the size, which is how the
 * length of its wires grows (5, 10, 50 pJ at 8, 32 and 800 KiB).
 */
export function sramReadEnergy(kib: number): number {
  requireNumber('kib', kib, 0, true);
  return horowitz45nm.sramRead32 * Math.sqrt(kib / 8);
}

/** Components of Accelergy's library (Aladdin, 40 nm, 1 ns cycle): picojoules an action, and a cycle for `leak`; µm². */
export interface ComponentEnergy {
  readonly action: number;
  readonly leak: number;
  readonly area: number;
}

/** An adder of `bits`: linear in its width, 0.21 pJ for 32. */
export function adderEnergy(bits: number): ComponentEnergy {
  return linear(bits, 32, { action: 0.21, leak: 0.0024, area: 278 });
}

/** A multiplier of `a` x `b` bits: linear in both widths, 12.68 pJ for 32 x 32. */
export function multiplierEnergy(a: number, b: number): ComponentEnergy {
  return linear(requireInteger('a', a) * requireInteger('b', b), 32 * 32, { action: 12.68, leak: 0.08, area: 6350 });
}

/** A register of `bits`: 0.009 pJ a bit read. */
export function registerEnergy(bits: number): ComponentEnergy {
  return linear(bits, 1, { action: 0.009, leak: 0, area: 5.98 });
}

/** A comparator of `bits`. */
export function comparatorEnergy(bits: number): ComponentEnergy {
  return linear(bits, 32, { action: 0.02947, leak: 2.51e-5, area: 71 });
}

/** A counter of `bits`. */
export function counterEnergy(bits: number): ComponentEnergy {
  return linear(bits, 32, { action: 0.25074, leak: 0.0003213, area: 495.5 });
}

/** LPDDR4: 8 pJ a bit, read or written. */
export function lpddr4Energy(bits: number): number {
  return 8 * requireInteger('bits', bits);
}

function linear(width: number, reference: number, { action, leak, area }: ComponentEnergy): ComponentEnergy {
  requireInteger('bits', width);
  const scale = width / reference;
  return { action: action * scale, leak: leak * scale, area: area * scale };
}

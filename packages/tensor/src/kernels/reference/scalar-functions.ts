import { erf } from './erf.ts';

const select = (condition: number, x: number, y: number): number => (condition !== 0 ? x : y);
const truth = (value: boolean): number => (value ? 1 : 0);
const elu = (x: number): number => (x >= 0 ? x : Math.expm1(x));
const clip = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

const GELU_LINE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715 * GELU_LINE;
const normalBelow = (x: number): number => (1 + erf(x * Math.SQRT1_2)) / 2;

/** Rounds halves to even. */
function round(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

/** To a signed integer of 32 bits: towards zero, the nearest there is beyond the range, 0 for NaN. */
function toInteger(x: number): number {
  return Number.isNaN(x) ? 0 : Math.trunc(clip(x, -(2 ** 31), 2 ** 31 - 1));
}

/** Modulo 2^32; towards zero where y is negative. */
function power(...[x = 0, y = 0]: number[]): number {
  if (y < 0) return Math.abs(x) === 1 ? x ** (y & 1) : 0;
  let result = 1;
  for (let bit = 31; bit >= 0; bit--) result = Math.imul(Math.imul(result, result), (y >>> bit) & 1 ? x : 1);
  return result;
}

/**
 * What each elementwise kernel computes of one element, in double precision: the truth for the kernels.
 * The last arguments are the kernel's constants.
 */
export const scalarFunctions: Readonly<Record<string, (...values: number[]) => number>> = {
  f32_add: (x, y) => x! + y!,
  f32_subtract: (x, y) => x! - y!,
  f32_multiply: (x, y) => x! * y!,
  f32_divide: (x, y) => x! / y!,
  f32_maximum: (x, y) => Math.max(x!, y!),
  f32_minimum: (x, y) => Math.min(x!, y!),
  f32_squared_difference: (x, y) => Math.fround(x! - y!) ** 2,
  f32_prelu: (x, slope) => (x! < 0 ? x! * slope! : x!),
  f32_equal: (x, y) => truth(x === y),
  f32_not_equal: (x, y) => truth(x !== y),
  f32_less: (x, y) => truth(x! < y!),
  f32_less_equal: (x, y) => truth(x! <= y!),
  i32_add: (x, y) => (x! + y!) | 0,
  i32_subtract: (x, y) => (x! - y!) | 0,
  i32_multiply: (x, y) => Math.imul(x!, y!),
  i32_maximum: (x, y) => Math.max(x!, y!),
  i32_minimum: (x, y) => Math.min(x!, y!),
  i32_negate: (x) => -x! | 0,
  i32_floor_divide: (x, y) => (y === 0 ? 0 : toInteger(Math.floor(x! / y!))),
  i32_power: power,
  i32_equal: (x, y) => truth(x === y),
  i32_not_equal: (x, y) => truth(x !== y),
  i32_less: (x, y) => truth(x! < y!),
  i32_less_equal: (x, y) => truth(x! <= y!),
  bool_and: (x, y) => x! & y!,
  bool_or: (x, y) => x! | y!,
  bool_xor: (x, y) => x! ^ y!,
  bool_not: (x) => 1 - x!,
  b32_select: select as (...values: number[]) => number,
  b8_select: select as (...values: number[]) => number,
  f32_from_i32: (x) => x!,
  i32_from_f32: (x) => toInteger(x!),
  f32_from_bool: (x) => x!,
  i32_from_bool: (x) => x!,
  bool_from_f32: (x) => truth(x !== 0),
  bool_from_i32: (x) => truth(x !== 0),
  f32_relu: (x) => (x! < 0 ? 0 : x!),
  f32_relu6: (x) => clip(x!, 0, 6),
  f32_leaky_relu: (x, slope) => (x! < 0 ? slope! * x! : x!),
  f32_step: (x, slope) => (Number.isNaN(x) ? NaN : x! > 0 ? 1 : slope!),
  f32_clip: (x, low, high) => clip(x!, low!, high!),
  f32_sign: (x) => (x! > 0 ? 1 : x! < 0 ? -1 : 0),
  f32_square: (x) => x! * x!,
  f32_reciprocal: (x) => 1 / x!,
  f32_rsqrt: (x) => 1 / Math.sqrt(x!),
  f32_sqrt: (x) => Math.sqrt(x!),
  f32_negate: (x) => -x!,
  f32_abs: (x) => Math.abs(x!),
  f32_floor: (x) => Math.floor(x!),
  f32_ceil: (x) => Math.ceil(x!),
  f32_round: (x) => round(x!),
  f32_exp: (x) => Math.exp(x!),
  f32_expm1: (x) => Math.expm1(x!),
  f32_log: (x) => Math.log(x!),
  f32_log1p: (x) => Math.log1p(x!),
  f32_tanh: (x) => Math.tanh(x!),
  f32_sigmoid: (x) => 1 / (1 + Math.exp(-x!)),
  f32_softplus: (x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!))),
  f32_erf: (x) => erf(x!),
  f32_elu: (x) => elu(x!),
  f32_selu: (x) => (x! >= 0 ? 1.0507009873554805 : 1.7580993408473766) * elu(x!),
  f32_gelu: (x) => x! * normalBelow(x!),
  f32_gelu_gradient: (dy, x) => dy! * (normalBelow(x!) + (x! * Math.exp((-x! * x!) / 2)) / Math.sqrt(2 * Math.PI)),
  f32_gelu_tanh: (x) => (x! / 2) * (1 + Math.tanh(x! * (GELU_LINE + GELU_CUBE * x! * x!))),
  f32_gelu_tanh_gradient: (dy, x) => {
    const t = Math.tanh(x! * (GELU_LINE + GELU_CUBE * x! * x!));
    return (dy! / 2) * (1 + t + x! * (1 - t * t) * (GELU_LINE + 3 * GELU_CUBE * x! * x!));
  },
  f32_silu: (x) => x! / (1 + Math.exp(-x!)),
  f32_silu_gradient: (dy, x) => {
    const s = 1 / (1 + Math.exp(-x!));
    return dy! * s * (1 + x! * (1 - s));
  },
  f32_relu_gradient: (dy, y) => (y! > 0 ? dy! : 0),
  f32_relu6_gradient: (dy, y) => (y! > 0 && y! < 6 ? dy! : 0),
  f32_leaky_relu_gradient: (dy, y, slope) => (y! > 0 ? dy! : dy! * slope!),
  f32_sigmoid_gradient: (dy, y) => dy! * (y! * (1 - y!)),
  f32_tanh_gradient: (dy, y) => dy! * (1 - y! * y!),
  f32_elu_gradient: (dy, y) => (y! >= 0 ? dy! : dy! * (y! + 1)),
};

/**
 * Constants of the vector functions, kept in the thread's scratch: loading one there into all lanes is one instruction,
 * while V8 builds a vector constant anew at each use, with several slow ones.
 */
export const CONSTANT_BYTES: usize = 272;

// Offsets.
export const ONE: usize = 0;
export const HALF: usize = 4;
export const TWO: usize = 8;
export const SIX: usize = 12;
export const TINY: usize = 16;
export const ROUND: usize = 20;
export const LOG2_E: usize = 24;
export const LN2_HIGH: usize = 28;
export const LN2_LOW: usize = 32;
export const EXP_LEAST: usize = 36;
export const EXP_MOST: usize = 40;
export const EXPM1_LEAST: usize = 44;
/** The exponent of 1, as an integer. */
export const BIAS: usize = 48;
/** Coefficients of q in e^r = 1 + r + r²·q(r), the highest first. */
export const EXP_Q: usize = 52; // 5
export const SMALLEST_NORMAL: usize = 72;
export const TWO_TO_23: usize = 76;
export const TWENTY_THREE: usize = 80;
/** The bits of sqrt(1/2). */
export const ROOT_HALF: usize = 84;
export const MINUS_HALF: usize = 88;
export const INFINITE: usize = 92;
export const NOT_A_NUMBER: usize = 96;
/** Coefficients of q in log(1 + f) = f - f²/2 + f³·q(f). */
export const LOG_Q: usize = 100; // 9
export const SIGN: usize = 136;
export const TEN: usize = 140;
export const TANH_NEAR: usize = 144;
/** Coefficients of p in tanh(x) = x + x³·p(x²). */
export const TANH_P: usize = 148; // 5
export const ERF_NEAR: usize = 168;
export const ERF_MOST: usize = 172;
/** Coefficients of p in erf(x) = x + x·p(x²), and of Q in erf(x) = 1 - e^-Q(x). */
export const ERF_P: usize = 176; // 7
export const ERF_Q: usize = 204; // 8
export const SELU_SCALE: usize = 236;
export const SELU_SCALE_ALPHA: usize = 240;
export const BIAS_LESS_ONE: usize = 244;
/** 1 / sqrt(2 pi), and sqrt(2/pi) without and with 0.044715. */
export const INVERSE_ROOT_TAU: usize = 248;
export const GELU_LINE: usize = 252;
export const GELU_CUBE: usize = 256;
export const EXP_NORMAL: usize = 260;

/** Writes them to `k`. The polynomials are minimax fits, their coefficients rounded to f32. */
export function writeConstants(k: usize): void {
  store<f32>(k, 1, ONE);
  store<f32>(k, 0.5, HALF);
  store<f32>(k, 2, TWO);
  store<f32>(k, 6, SIX);
  store<f32>(k, 5.9604645e-8, TINY);
  store<f32>(k, 12582912, ROUND);
  store<f32>(k, 1.44269504, LOG2_E);
  // ln(2) = LN2_HIGH + LN2_LOW; the first has few bits, so that its product with an exponent is exact.
  store<f32>(k, 0.693359375, LN2_HIGH);
  store<f32>(k, -2.1219444e-4, LN2_LOW);
  store<f32>(k, -104, EXP_LEAST);
  store<f32>(k, 89, EXP_MOST);
  store<f32>(k, -25, EXPM1_LEAST);
  store<i32>(k, 127, BIAS);
  store<f32>(k, 0.0001979024382308125, EXP_Q);
  store<f32>(k, 0.0013944758102297783, EXP_Q + 4);
  store<f32>(k, 0.008333497680723667, EXP_Q + 8);
  store<f32>(k, 0.04166629537940025, EXP_Q + 12);
  store<f32>(k, 0.1666666567325592, EXP_Q + 16);
  store<f32>(k, 1.17549435e-38, SMALLEST_NORMAL);
  store<f32>(k, 8388608, TWO_TO_23);
  store<f32>(k, 23, TWENTY_THREE);
  store<i32>(k, 0x3f3504f3, ROOT_HALF);
  store<f32>(k, -0.5, MINUS_HALF);
  store<f32>(k, f32.POSITIVE_INFINITY, INFINITE);
  store<f32>(k, f32.NaN, NOT_A_NUMBER);
  store<f32>(k, 0.06746651232242584, LOG_Q);
  store<f32>(k, -0.11675655096769333, LOG_Q + 4);
  store<f32>(k, 0.11888159066438675, LOG_Q + 8);
  store<f32>(k, -0.1240558847784996, LOG_Q + 12);
  store<f32>(k, 0.14219552278518677, LOG_Q + 16);
  store<f32>(k, -0.1666799634695053, LOG_Q + 20);
  store<f32>(k, 0.2000211924314499, LOG_Q + 24);
  store<f32>(k, -0.25000008940696716, LOG_Q + 28);
  store<f32>(k, 0.3333331346511841, LOG_Q + 32);
  store<i32>(k, 0x80000000, SIGN);
  store<f32>(k, 10, TEN);
  store<f32>(k, 0.625, TANH_NEAR);
  store<f32>(k, -0.0056973849422229694, TANH_P);
  store<f32>(k, 0.0206325463950634, TANH_P + 4);
  store<f32>(k, -0.05373779684305191, TANH_P + 8);
  store<f32>(k, 0.13331420719623566, TANH_P + 12);
  store<f32>(k, -0.3333328068256378, TANH_P + 16);
  store<f32>(k, 0.92, ERF_NEAR);
  store<f32>(k, 3.95, ERF_MOST);
  store<f32>(k, 8.316773164551705e-5, ERF_P);
  store<f32>(k, -0.0008130012429319322, ERF_P + 4);
  store<f32>(k, 0.005199906416237354, ERF_P + 8);
  store<f32>(k, -0.026858940720558167, ERF_P + 12);
  store<f32>(k, 0.11283687502145767, ERF_P + 16);
  store<f32>(k, -0.37612631916999817, ERF_P + 20);
  store<f32>(k, 0.12837916612625122, ERF_P + 24);
  store<f32>(k, 2.1095051124575548e-5, ERF_Q);
  store<f32>(k, -0.0004344626795500517, ERF_Q + 4);
  store<f32>(k, 0.004171063657850027, ERF_Q + 8);
  store<f32>(k, -0.02511942945420742, ERF_Q + 12);
  store<f32>(k, 0.10828009247779846, ERF_Q + 16);
  store<f32>(k, 0.6333469152450562, ERF_Q + 20);
  store<f32>(k, 1.1295149326324463, ERF_Q + 24);
  store<f32>(k, -0.00017468487203586847, ERF_Q + 28);
  store<f32>(k, 1.0507009873554805, SELU_SCALE);
  store<f32>(k, 1.7580993408473766, SELU_SCALE_ALPHA);
  store<i32>(k, 126, BIAS_LESS_ONE);
  store<f32>(k, 0.3989422804014327, INVERSE_ROOT_TAU);
  store<f32>(k, 0.7978845608028654, GELU_LINE);
  store<f32>(k, 0.035677408136300125, GELU_CUBE);
  store<f32>(k, -87, EXP_NORMAL);
}

/** A constant in all lanes. */
// @ts-ignore: decorator
@inline
export function constant(k: usize, offset: usize): v128 {
  return v128.load32_splat(k + offset);
}

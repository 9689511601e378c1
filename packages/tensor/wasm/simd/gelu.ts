import { GELU_CUBE, GELU_LINE, HALF, INVERSE_ROOT_TAU, ONE, ROOT_HALF, TWO, constant } from './constants';
import { erf } from './erf';
import { exp } from './exp';
import { madd } from './madd';
import { sigmoid } from './sigmoid';
import { tanh } from './tanh';

/** The normal distribution's part below x. `k`: see constants. */
// @ts-ignore: decorator
@inline
function below(x: v128, k: usize): v128 {
  return f32x4.mul(constant(k, HALF), f32x4.add(constant(k, ONE), erf(f32x4.mul(x, constant(k, ROOT_HALF)), k)));
}

/** x Phi(x), within 2^-23·|x|. */
// @ts-ignore: decorator
@inline
export function gelu(x: v128, k: usize): v128 {
  return f32x4.mul(x, below(x, k));
}

/** dy·(Phi(x) + x phi(x)). */
// @ts-ignore: decorator
@inline
export function geluGradient(dy: v128, x: v128, k: usize): v128 {
  const density = f32x4.mul(constant(k, INVERSE_ROOT_TAU), exp(f32x4.mul(f32x4.mul(x, x), f32x4.neg(constant(k, HALF))), k));
  return f32x4.mul(dy, madd(x, density, below(x, k)));
}

/** tanh(sqrt(2/pi)·(x + 0.044715·x³)). */
// @ts-ignore: decorator
@inline
function bend(x: v128, k: usize): v128 {
  return tanh(f32x4.mul(x, madd(f32x4.mul(x, x), constant(k, GELU_CUBE), constant(k, GELU_LINE))), k);
}

/** x/2·(1 + tanh(sqrt(2/pi)·(x + 0.044715·x³))), within 2^-22·|x|. */
// @ts-ignore: decorator
@inline
export function geluTanh(x: v128, k: usize): v128 {
  return f32x4.mul(x, f32x4.mul(constant(k, HALF), f32x4.add(constant(k, ONE), bend(x, k))));
}

// @ts-ignore: decorator
@inline
export function geluTanhGradient(dy: v128, x: v128, k: usize): v128 {
  const t = bend(x, k);
  const one = constant(k, ONE);
  const three = f32x4.add(one, constant(k, TWO));
  const slope = madd(f32x4.mul(x, x), f32x4.mul(three, constant(k, GELU_CUBE)), constant(k, GELU_LINE));
  const inner = f32x4.mul(f32x4.mul(x, slope), f32x4.sub(one, f32x4.mul(t, t)));
  return f32x4.mul(dy, f32x4.mul(constant(k, HALF), f32x4.add(f32x4.add(one, t), inner)));
}

/** x sigmoid(x). */
// @ts-ignore: decorator
@inline
export function silu(x: v128, k: usize): v128 {
  return f32x4.mul(x, sigmoid(x, k));
}

// @ts-ignore: decorator
@inline
export function siluGradient(dy: v128, x: v128, k: usize): v128 {
  const s = sigmoid(x, k);
  const one = constant(k, ONE);
  return f32x4.mul(dy, f32x4.mul(s, madd(x, f32x4.sub(one, s), one)));
}

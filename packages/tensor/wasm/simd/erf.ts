import { exp } from './exp';
import { madd } from './madd';
import { withSign } from './tanh';

/** The error function, within 3 ulp. */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const a = f32x4.abs(x);
  // 1 - e^-Q(a), Q a minimax polynomial for -log(erfc(a)) on [0.92, 3.95]; beyond, the result is 1.
  const t = f32x4.pmin(a, f32x4.splat(3.95));
  let q = madd(f32x4.splat(2.1095051124575548e-5), t, f32x4.splat(-0.0004344626795500517));
  q = madd(q, t, f32x4.splat(0.004171063657850027));
  q = madd(q, t, f32x4.splat(-0.02511942945420742));
  q = madd(q, t, f32x4.splat(0.10828009247779846));
  q = madd(q, t, f32x4.splat(0.6333469152450562));
  q = madd(q, t, f32x4.splat(1.1295149326324463));
  q = madd(q, t, f32x4.splat(-0.00017468487203586847));
  const far = f32x4.sub(f32x4.splat(1), exp(f32x4.neg(q)));
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(8.316773164551705e-5), z, f32x4.splat(-0.0008130012429319322));
  p = madd(p, z, f32x4.splat(0.005199906416237354));
  p = madd(p, z, f32x4.splat(-0.026858940720558167));
  p = madd(p, z, f32x4.splat(0.11283687502145767));
  p = madd(p, z, f32x4.splat(-0.37612631916999817));
  p = madd(p, z, f32x4.splat(0.12837916612625122));
  const near = madd(x, p, x);
  return v128.bitselect(near, withSign(far, x), f32x4.lt(a, f32x4.splat(0.92)));
}

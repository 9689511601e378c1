import { requireNumber, requireObject } from '../validation.ts';

/** Operations a second that `intensity` operations a byte allow: min(peak, intensity · bandwidth). "Roofline: An Insightful Visual Performance Model" (2009). */
export function rooflineBound(options: { intensity: number; peak: number; bandwidth: number }): number {
  const { intensity, peak, bandwidth } = requireObject('options', options);
  requireNumber('intensity', intensity);
  requireNumber('peak', peak, 0, true);
  requireNumber('bandwidth', bandwidth, 0, true);
  return Math.min(peak, intensity * bandwidth);
}

/** Operations a byte from which on arithmetic is the limit. */
export function ridgePoint(options: { peak: number; bandwidth: number }): number {
  const { peak, bandwidth } = requireObject('options', options);
  return requireNumber('peak', peak, 0, true) / requireNumber('bandwidth', bandwidth, 0, true);
}

/**
 * The bound of a TPUv1 application from its "operations per weight byte", which count a multiply-accumulate once although TOPS count it twice:
 * min(peak, 2 · intensity · weight bandwidth). "In-Datacenter Performance Analysis of a Tensor Processing Unit" (2017, arXiv 1704.04760).
 *
 * @returns operations a second
 * @example weightRooflineBound({ macsPerWeightByte: 200, peak: 91.75e12, bandwidth: 34e9 }) // 13.6e12, MLP0
 */
export function weightRooflineBound(options: { macsPerWeightByte: number; peak: number; bandwidth: number }): number {
  const { macsPerWeightByte, peak, bandwidth } = requireObject('options', options);
  return rooflineBound({ intensity: 2 * requireNumber('macsPerWeightByte', macsPerWeightByte), peak, bandwidth });
}

/** Joules of `operations` and `bytes` in `seconds`: F·e_op + B·e_byte + P₀·t. */
export function energyRoofline(options: {
  operations: number;
  bytes: number;
  seconds: number;
  joulesPerOperation: number;
  joulesPerByte: number;
  idleWatts: number;
}): number {
  for (const field of ['operations', 'bytes', 'seconds', 'joulesPerOperation', 'joulesPerByte', 'idleWatts'] as const)
    requireNumber(field, requireObject('options', options)[field]);
  return options.operations * options.joulesPerOperation + options.bytes * options.joulesPerByte + options.idleWatts * options.seconds;
}

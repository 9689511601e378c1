import type { FittedModel } from './fit-model.ts';
import { requireInteger, requireNumber, requireObject } from '../validation.ts';

/** An m x k by k x n product, elements of `bytes` bytes. */
export interface GemmRow {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly bytes: number;
}

/**
 * Seconds of a matrix product on a chip by three numbers: shares of the peak and of the bandwidth that are reached, and an overhead.
 * t = max(2mnk / (share · peak), bytes / (share · bandwidth)) + overhead.
 */
export function gemmTime(chip: { readonly peak: number; readonly bandwidth: number }): FittedModel<GemmRow> {
  requireNumber('chip.peak', requireObject('chip', chip).peak, 0, true);
  requireNumber('chip.bandwidth', chip.bandwidth, 0, true);
  return {
    parameters: { arithmeticShare: 0.8, bandwidthShare: 0.8, overhead: 2e-5 },
    predict: ([arithmetic, bandwidth, overhead], { m, n, k, bytes }) =>
      Math.max((2 * m * n * k) / (arithmetic! * chip.peak), ((m * k + k * n + m * n) * bytes) / (bandwidth! * chip.bandwidth)) + overhead!,
  };
}

/** Seconds of an all-reduce of `bytes` among `devices` by two numbers: t = latency + 2(n − 1)/n · S / bandwidth. */
export function allReduceTime(devices: number): FittedModel<{ readonly bytes: number }> {
  requireInteger('devices', devices);
  return {
    parameters: { latency: 5e-5, bandwidth: 1e11 },
    predict: ([latency, bandwidth], { bytes }) => latency! + (2 * (devices - 1) * bytes) / (devices * bandwidth!),
  };
}

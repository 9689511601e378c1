import { requireInteger, requireNumber, requireObject, requireOneOf } from '../validation.ts';
import { ringAllGather, ringAllReduce, ringReduceScatter } from './collectives.ts';
import { simulateMessages } from './simulate-messages.ts';

export interface SplitRing {
  readonly collective: 'allReduce' | 'allGather' | 'reduceScatter';
  readonly npus: number;
  /** All-reduce and reduce-scatter: each NPU's buffer. All-gather: what each NPU contributes. */
  readonly bytes: number;
  /** Pieces the buffer is cut into; they go one after another. */
  readonly splits: number;
  /** Bytes a nanosecond of a link. */
  readonly bandwidth: number;
  readonly latency: number;
  readonly endpointDelay: number;
  /** Bytes a nanosecond of local memory. */
  readonly memoryBandwidth: number;
}

/**
 * Nanoseconds of a collective on one ring by ASTRA-sim's end-to-end rules (`active-chunks-per-dimension` 1), in closed form.
 *
 * With c = S/k, step ⌊α + m/β⌋, reduction 3⌊m/BW⌋, message m = c/n (all-gather: c):
 * all-reduce k[2(n − 1) step + (n − 1) red + (2(n − 1) + 1)d], all-gather k[(n − 1) step + nd], reduce-scatter k[(n − 1)(step + red) + nd].
 */
export function splitRingTime(ring: SplitRing): number {
  requireRing(ring);
  const { collective, npus: n, bytes, splits, bandwidth, latency, endpointDelay: d, memoryBandwidth } = ring;
  const message = collective === 'allGather' ? bytes / splits : bytes / splits / n;
  const step = Math.floor(latency + message / bandwidth);
  const reduction = 3 * Math.floor(message / memoryBandwidth);
  if (collective === 'allReduce') return splits * (2 * (n - 1) * step + (n - 1) * reduction + (2 * (n - 1) + 1) * d);
  return splits * ((n - 1) * (step + (collective === 'reduceScatter' ? reduction : 0)) + n * d);
}

/** The same by playing every message through the network; equal to the form where the pieces divide evenly. */
export function simulateSplitRing(ring: SplitRing): number {
  requireRing(ring);
  const { collective, npus, bytes, splits, bandwidth, latency, endpointDelay, memoryBandwidth } = ring;
  const piece = bytes / splits;
  const messages =
    collective === 'allReduce'
      ? ringAllReduce(npus, piece)
      : collective === 'allGather'
        ? ringAllGather(npus, piece * npus)
        : ringReduceScatter(npus, piece);
  return splits * simulateMessages([{ kind: 'ring', npus, bandwidth, latency }], messages, { endpointDelay, memoryBandwidth }).time;
}

function requireRing(ring: SplitRing): void {
  requireOneOf('ring.collective', requireObject('ring', ring).collective, ['allReduce', 'allGather', 'reduceScatter']);
  requireInteger('ring.npus', ring.npus, 2);
  requireInteger('ring.bytes', ring.bytes);
  requireInteger('ring.splits', ring.splits);
  requireNumber('ring.bandwidth', ring.bandwidth, 0, true);
  requireNumber('ring.latency', ring.latency);
  requireNumber('ring.endpointDelay', ring.endpointDelay);
  requireNumber('ring.memoryBandwidth', ring.memoryBandwidth, 0, true);
  if (ring.bytes % ring.splits !== 0) throw new RangeError(`ring.bytes is ${ring.bytes}, expected a multiple of the ${ring.splits} splits`);
}

import { requireInteger, requireNumber, requireOptions } from '../validation.ts';

/** n devices, S bytes each, α seconds a message, B bytes a second of one link. Results in seconds. */
export interface AlphaBeta {
  readonly devices: number;
  readonly bytes: number;
  readonly latency: number;
  readonly bandwidth: number;
}

function checked(options: AlphaBeta): AlphaBeta {
  const { devices, bytes, latency, bandwidth } = requireOptions(options);
  requireInteger('devices', devices);
  requireNumber('bytes', bytes);
  requireNumber('latency', latency);
  requireNumber('bandwidth', bandwidth, 0, true);
  return { devices, bytes, latency, bandwidth };
}

/** Ring all-reduce: 2(n − 1)α + 2(n − 1)/n · S/B. */
export function ringAllReduceTime(options: AlphaBeta): number {
  const { devices: n, bytes, latency, bandwidth } = checked(options);
  return 2 * (n - 1) * latency + (2 * (n - 1) * bytes) / (n * bandwidth);
}

/** Ring all-gather or reduce-scatter of S bytes in all: (n − 1)α + (n − 1)/n · S/B. */
export function ringAllGatherTime(options: AlphaBeta): number {
  return ringAllReduceTime(options) / 2;
}

/** Recursive halving and doubling: 2⌈log2 n⌉α + 2(n − 1)/n · S/B. */
export function halvingDoublingTime(options: AlphaBeta): number {
  const { devices: n, bytes, latency, bandwidth } = checked(options);
  return 2 * Math.ceil(Math.log2(n)) * latency + (2 * (n - 1) * bytes) / (n * bandwidth);
}

/** Binary tree up and down in k chunks: 2(⌈log2 n⌉ + k − 1)(α + S/(kB)). */
export function treeAllReduceTime(options: AlphaBeta & { readonly chunks?: number }): number {
  const { devices: n, bytes, latency, bandwidth } = checked(options);
  const chunks = requireInteger('chunks', options.chunks ?? 1);
  return n === 1 ? 0 : 2 * (Math.ceil(Math.log2(n)) + chunks - 1) * (latency + bytes / (chunks * bandwidth));
}

/** Two half-size pipelined trees over full-duplex links: about 2⌈log2 n⌉α + 2S/B. */
export function doubleTreeTime(options: AlphaBeta): number {
  const { devices: n, bytes, latency, bandwidth } = checked(options);
  return n === 1 ? 0 : 2 * Math.ceil(Math.log2(n)) * latency + (2 * bytes) / bandwidth;
}

/** Direct all-to-all, S bytes a device in all: (n − 1)α + (n − 1)/n · S/B. */
export function allToAllTime(options: AlphaBeta): number {
  const { devices: n, bytes, latency, bandwidth } = checked(options);
  return (n - 1) * latency + ((n - 1) * bytes) / (n * bandwidth);
}

/** Reduce-scatter in groups of g, all-reduce of S/g across h groups, all-gather in groups, with a link class for each. */
export function hierarchicalTime(
  options: AlphaBeta & { readonly groups: number; readonly outerLatency: number; readonly outerBandwidth: number },
): number {
  const inner = checked(options);
  requireInteger('groups', options.groups);
  requireNumber('outerLatency', options.outerLatency);
  requireNumber('outerBandwidth', options.outerBandwidth, 0, true);
  const outer = {
    devices: options.groups,
    bytes: inner.bytes / inner.devices,
    latency: options.outerLatency,
    bandwidth: options.outerBandwidth,
  };
  return 2 * ringAllGatherTime(inner) + ringAllReduceTime(outer);
}

import { requireInteger, requireList, requireNumber, requireObject, requireOneOf } from '../validation.ts';

export type DimensionKind = 'ring' | 'fullyConnected' | 'switch';

/** One dimension of a network: `npus` in a ring, all joined to all, or through a switch. */
export interface Dimension {
  readonly kind: DimensionKind;
  readonly npus: number;
  /** Of each link and direction, bytes a nanosecond; `fromGiBps` and `fromGBps` convert. */
  readonly bandwidth: number;
  /** Of each link, nanoseconds. */
  readonly latency: number;
}

/** Dimensions from the innermost: NPU number = a₀ + n₀(a₁ + n₁(a₂ + ...)). */
export type Topology = readonly Dimension[];

/** Bytes a nanosecond from 2^30 bytes a second, which is what ASTRA-sim calls GB/s for links. */
export function fromGiBps(gibPerSecond: number): number {
  return (requireNumber('gibPerSecond', gibPerSecond) * 2 ** 30) / 1e9;
}

/** Bytes a nanosecond from 10^9 bytes a second. */
export function fromGBps(gbPerSecond: number): number {
  return requireNumber('gbPerSecond', gbPerSecond);
}

export function requireTopology(topology: Topology): void {
  if (requireList('topology', topology).length === 0) throw new RangeError('topology has no dimensions, expected at least one');
  topology.forEach((dimension, d) => {
    requireOneOf(`topology[${d}].kind`, requireObject(`topology[${d}]`, dimension).kind, ['ring', 'fullyConnected', 'switch']);
    requireInteger(`topology[${d}].npus`, dimension.npus, 2);
    requireNumber(`topology[${d}].bandwidth`, dimension.bandwidth, 0, true);
    requireNumber(`topology[${d}].latency`, dimension.latency);
  });
  const npus = product(topology);
  if (npus > 2 ** 20) throw new RangeError(`topology has ${npus} NPUs, expected at most ${2 ** 20}`);
}

function product(topology: Topology): number {
  return topology.reduce((all, { npus }) => all * npus, 1);
}

export function npusOf(topology: Topology): number {
  requireTopology(topology);
  return product(topology);
}

export function addressOf(topology: Topology, npu: number): number[] {
  requireTopology(topology);
  requireInteger('npu', npu, 0);
  return placeOf(topology, npu);
}

/** `addressOf` of what has been checked. */
export function placeOf(topology: Topology, npu: number): number[] {
  let rest = npu;
  return topology.map(({ npus }) => {
    const along = rest % npus;
    rest = Math.floor(rest / npus);
    return along;
  });
}

export function npuAt(topology: Topology, address: readonly number[]): number {
  return topology.reduceRight((number, { npus }, d) => number * npus + address[d]!, 0);
}

/** Links from one place to another along a dimension: the shorter way round a ring, one, or two through a switch. */
export function hopsAlong({ kind, npus }: Dimension, from: number, to: number): number {
  if (from === to) return 0;
  if (kind === 'fullyConnected') return 1;
  if (kind === 'switch') return 2;
  const clockwise = (to - from + npus) % npus;
  return Math.min(clockwise, npus - clockwise);
}

/**
 * Nanoseconds a message takes when nothing else is under way: ⌊hops · latency + bytes / bandwidth⌋ in the first dimension in which the two differ,
 * as ASTRA-sim's congestion-unaware network has it.
 *
 * @example unloadedDelay([{ kind: 'ring', npus: 16, bandwidth: fromGiBps(50), latency: 500 }], 1, 4, 2 ** 20) // 21031
 */
export function unloadedDelay(topology: Topology, from: number, to: number, bytes: number): number {
  requireTopology(topology);
  requireNumber('bytes', bytes);
  const count = product(topology);
  for (const [name, npu] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (!Number.isInteger(npu) || npu < 0 || npu >= count)
      throw new RangeError(`${name} is ${String(npu)}, expected an NPU in 0..${count - 1}`);
  const [a, b] = [placeOf(topology, from), placeOf(topology, to)];
  const d = a.findIndex((along, i) => along !== b[i]);
  if (d < 0) return 0;
  const dimension = topology[d]!;
  return Math.floor(hopsAlong(dimension, a[d]!, b[d]!) * dimension.latency + bytes / dimension.bandwidth);
}

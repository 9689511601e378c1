import { describe, expect, it } from 'vitest';
import {
  fromGBps,
  fromGiBps,
  simulateMessages,
  simulateSplitRing,
  splitRingTime,
  unloadedDelay,
  type DimensionKind,
  type Message,
  type Topology,
} from '../../src/index.ts';
import { excerptJson } from '../golden.ts';

interface Row {
  topology: string;
  npus: number[];
  bw: number[];
  lat: number[];
  src: number;
  dst: number;
  pattern?: string;
  ns: number;
}
interface EndToEnd {
  npus: number;
  bw: number;
  lat: number;
  collective: string;
  bytes: number;
  splits: number;
  endpoint_delay: number;
  local_mem_bw_GBps: number;
  ns: number;
}

// The whole of the saved constants: they are a few kB.
const golden = excerptJson<{ chunk_bytes: number; congestion_unaware: Row[]; congestion_aware: Row[]; end_to_end: EndToEnd[] }>(
  'astrasim/golden.json',
);

function topologyOf(row: Row): Topology {
  const kinds: Record<string, DimensionKind> = { Ring: 'ring', FullyConnected: 'fullyConnected', Switch: 'switch' };
  return row.topology
    .split(',')
    .map((name, d) => ({ kind: kinds[name]!, npus: row.npus[d]!, bandwidth: fromGiBps(row.bw[d]!), latency: row.lat[d]! }));
}

describe('ASTRA-sim’s unit and end-to-end times', () => {
  it.each(golden.congestion_unaware)('unloaded $topology $src -> $dst: $ns ns', (row) => {
    const topology = topologyOf(row);
    expect(unloadedDelay(topology, row.src, row.dst, golden.chunk_bytes)).toBe(row.ns);
    expect(simulateMessages(topology, [{ from: row.src, to: row.dst, bytes: golden.chunk_bytes }], { congestion: false }).time).toBe(
      row.ns,
    );
  });

  it.each(golden.congestion_aware)('loaded $topology $src -> $dst $pattern: $ns ns', (row) => {
    const messages: Message[] = [];
    if (row.pattern) {
      for (let from = 0; from < 16; from++)
        for (let to = 0; to < 16; to++) if (to !== from) messages.push({ from, to, bytes: golden.chunk_bytes });
    } else messages.push({ from: row.src, to: row.dst, bytes: golden.chunk_bytes });
    expect(simulateMessages(topologyOf(row), messages).time).toBe(row.ns);
  });

  it.each(golden.end_to_end)('$collective on $npus NPUs: $ns ns', (row) => {
    const ring = {
      collective: row.collective.startsWith('all_reduce') ? 'allReduce' : 'allGather',
      npus: row.npus,
      bytes: row.bytes,
      splits: row.splits,
      bandwidth: fromGiBps(row.bw),
      latency: row.lat,
      endpointDelay: row.endpoint_delay,
      memoryBandwidth: fromGBps(row.local_mem_bw_GBps),
    } as const;
    expect(splitRingTime(ring)).toBe(row.ns);
    expect(simulateSplitRing(ring)).toBe(row.ns);
  });

  it('reduce-scatter: form and simulation agree', () => {
    const ring = {
      collective: 'reduceScatter',
      npus: 4,
      bytes: 1 << 20,
      splits: 4,
      bandwidth: fromGiBps(50),
      latency: 500,
      endpointDelay: 10,
      memoryBandwidth: 1600,
    } as const;
    expect(simulateSplitRing(ring)).toBe(splitRingTime(ring));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allToAll,
  doubleTreeAllReduce,
  doubleTreeTime,
  halvingDoublingAllReduce,
  halvingDoublingTime,
  hierarchicalAllReduce,
  hierarchicalTime,
  ringAllGather,
  ringAllGatherTime,
  ringAllReduce,
  ringAllReduceTime,
  ringReduceScatter,
  simulateMessages,
  treeAllReduce,
  treeAllReduceTime,
  type Message,
  type Topology,
} from '../../src/index.ts';

const bytes = 4096;

/** Every all-reduce there is; a new one joins by a line. */
const allReduces: Readonly<Record<string, (npus: number) => Message[]>> = {
  ring: (n) => ringAllReduce(n, bytes),
  'halving and doubling': (n) => halvingDoublingAllReduce(n, bytes),
  tree: (n) => treeAllReduce(n, bytes, { chunks: 3 }),
  'double tree': (n) => doubleTreeAllReduce(n, bytes, { chunks: 2 }),
  hierarchical: (n) => hierarchicalAllReduce(n, bytes, 2),
};

const topologies: Readonly<Record<string, (npus: number) => Topology>> = {
  ring: (npus) => [{ kind: 'ring', npus, bandwidth: 8, latency: 100 }],
  'fully connected': (npus) => [{ kind: 'fullyConnected', npus, bandwidth: 8, latency: 100 }],
  switch: (npus) => [{ kind: 'switch', npus, bandwidth: 8, latency: 100 }],
  'ring of switches': (npus) => [
    { kind: 'switch', npus: 2, bandwidth: 16, latency: 50 },
    { kind: 'ring', npus: npus / 2, bandwidth: 8, latency: 100 },
  ],
};

/** Plays the messages on real numbers, in order of arrival. */
function replay(npus: number, messages: readonly Message[], arrived: Float64Array, sent: Float64Array): Float64Array[] {
  const buffers = Array.from({ length: npus }, (_, r) => Float64Array.from({ length: bytes }, (__, i) => (r + 1) * 1000 + i));
  const happenings = messages
    .flatMap((_, i) => [
      { i, time: sent[i]!, end: false },
      { i, time: arrived[i]!, end: true },
    ])
    .sort((a, b) => a.time - b.time || Number(b.end) - Number(a.end) || a.i - b.i);
  const inFlight = new Map<number, Float64Array>();
  for (const { i, end } of happenings) {
    const { from, to, offset = 0, bytes: size, reduce } = messages[i]!;
    if (!end) inFlight.set(i, buffers[from]!.slice(offset, offset + size));
    else inFlight.get(i)!.forEach((value, k) => (buffers[to]![offset + k] = reduce ? buffers[to]![offset + k]! + value : value));
  }
  return buffers;
}

describe.each(Object.entries(allReduces))('all-reduce by %s', (_, make) => {
  it.each(Object.entries(topologies))('sums every byte on every NPU over a %s', (__, topology) => {
    for (const npus of [4, 8, 16]) {
      const messages = make(npus);
      const run = simulateMessages(topology(npus), messages);
      const sum = Float64Array.from({ length: bytes }, (___, i) => (npus * (npus + 1) * 1000) / 2 + npus * i);
      for (const buffer of replay(npus, messages, run.arrived, run.sent)) expect(buffer).toEqual(sum);
      // Every byte that left arrived, once a hop.
      const crossed = [...run.linkBytes.values()].reduce((a, b) => a + b, 0);
      expect(crossed).toBeGreaterThanOrEqual(messages.reduce((total, m) => total + m.bytes, 0));
      expect(simulateMessages(topology(npus), messages).arrived).toEqual(run.arrived);
    }
  });
});

describe('the other collectives', () => {
  it('ring reduce-scatter leaves part r + 1 summed at place r, all-gather gives every part to all, all-to-all sends each part once', () => {
    const ring: Topology = [{ kind: 'ring', npus: 4, bandwidth: 8, latency: 100 }];
    const scatter = ringReduceScatter(4, bytes);
    const scattered = simulateMessages(ring, scatter);
    replay(4, scatter, scattered.arrived, scattered.sent).forEach((buffer, r) => {
      const part = (r + 1) % 4;
      for (let i = part * 1024; i < (part + 1) * 1024; i++) expect(buffer[i]).toBe(10_000 + 4 * i);
    });
    const gather = ringAllGather(4, bytes);
    const gathered = simulateMessages(ring, gather);
    for (const buffer of replay(4, gather, gathered.arrived, gathered.sent))
      buffer.forEach((value, i) => expect(value).toBe((Math.floor(i / 1024) + 1) * 1000 + i));
    expect(allToAll(4, bytes).reduce((sum, m) => sum + m.bytes, 0)).toBe(3 * bytes);
  });
});

describe('alpha-beta forms', () => {
  const link = { latency: 100, bandwidth: 8 };
  it.each([2, 4, 8, 16])('equal the simulated times for %i NPUs with an all-to-all network', (npus) => {
    const topology: Topology = [{ kind: 'fullyConnected', npus, ...link }];
    const time = (messages: Message[]): number => simulateMessages(topology, messages).time;
    expect(time(ringAllReduce(npus, bytes))).toBe(ringAllReduceTime({ devices: npus, bytes, ...link }));
    expect(time(ringAllGather(npus, bytes))).toBe(ringAllGatherTime({ devices: npus, bytes, ...link }));
    expect(time(halvingDoublingAllReduce(npus, bytes))).toBe(halvingDoublingTime({ devices: npus, bytes, ...link }));
    if (npus > 2)
      expect(time(hierarchicalAllReduce(npus, bytes, 2))).toBe(
        hierarchicalTime({ devices: 2, bytes, ...link, groups: npus / 2, outerLatency: 100, outerBandwidth: 8 }),
      );
  });
  it('bound the trees', () => {
    const topology: Topology = [{ kind: 'fullyConnected', npus: 16, ...link }];
    expect(simulateMessages(topology, treeAllReduce(16, bytes)).time).toBeLessThanOrEqual(
      treeAllReduceTime({ devices: 16, bytes, ...link }),
    );
    expect(doubleTreeTime({ devices: 16, bytes, ...link })).toBeLessThan(treeAllReduceTime({ devices: 16, bytes, ...link }));
  });
});

describe('networks', () => {
  it('are never slower with more bandwidth while every message has the network to itself', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ring', 'fullyConnected', 'switch'),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 1000 }),
        (kind, npus, bandwidth, latency) => {
          const time = (b: number): number =>
            simulateMessages([{ kind, npus, bandwidth: b, latency }], ringAllReduce(npus, bytes), { congestion: false }).time;
          expect(time(bandwidth + 1)).toBeLessThanOrEqual(time(bandwidth));
        },
      ),
    );
  });
  it('refuse circles, NPUs that are not there and absurd sizes', () => {
    const ring: Topology = [{ kind: 'ring', npus: 4, bandwidth: 1, latency: 1 }];
    expect(() =>
      simulateMessages(ring, [
        { from: 0, to: 1, bytes: 1, after: [1] },
        { from: 1, to: 2, bytes: 1, after: [0] },
      ]),
    ).toThrow('circle');
    expect(() => simulateMessages(ring, [{ from: 0, to: 4, bytes: 1 }])).toThrow('messages[0].to is 4');
    expect(() => simulateMessages([], [])).toThrow('no dimensions');
    expect(() => simulateMessages([{ kind: 'ring', npus: 2 ** 30, bandwidth: 1, latency: 1 }], [])).toThrow('at most');
    expect(() => halvingDoublingAllReduce(6, 64)).toThrow('power of two');
  });
});

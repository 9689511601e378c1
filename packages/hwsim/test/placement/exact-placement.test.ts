import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alpaPartition,
  chainPlacement,
  exactPlacement,
  maxLoad,
  pipedreamPartition,
  readPlacement,
  type PlacementGraph,
} from '../../src/index.ts';
import { excerptJson, goldenFolder, goldenJson } from '../golden.ts';
import { forwardDependencies } from '../../src/placement/ideals.ts';

type Results = Record<string, { optimal_max_load: number; single_accel: number; fpga_loads: number[] }>;

describe('exact placement (arXiv 2006.16423)', () => {
  it('bert24', () => {
    const { inference, optimal } = excerptJson<{ inference: unknown; optimal: number }>('placement/bert24.json');
    expect(exactPlacement(readPlacement(inference)).load).toBeCloseTo(optimal, 11);
  });

  it.skipIf(!goldenFolder).each(['bert24_inference', 'bert24_training', 'resnet50_inference', 'resnet50_training'])(
    // GNMT's 17,914 ideals take half a minute: reproduce/placement.ts compares those.
    '%s equals the saved optimum',
    (name) => {
      const graph = readPlacement(goldenJson(`placement/throughput_${name}.json`));
      const saved = goldenJson<Results>('placement/results.json')[`LayerGraphs/${name}`]!;
      const found = exactPlacement(graph);
      expect(Math.abs(found.load - saved.optimal_max_load)).toBeLessThan(1e-12 * saved.optimal_max_load * 10);
      expect(maxLoad(graph, found.assignment)).toBe(found.load);
      expect(chainPlacement(graph).load).toBeGreaterThanOrEqual(found.load * (1 - 1e-12));
      const one = { ...graph, accelerators: 1, cpus: 0, capacity: Infinity };
      expect(exactPlacement(one).load).toBeCloseTo(saved.single_accel, 9);
    },
    120_000,
  );

  it('equals trying every contiguous placement of small graphs', () => {
    const graphs = fc.record({
      times: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 6 }),
      edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 }),
      transfer: fc.integer({ min: 0, max: 4 }),
      accelerators: fc.integer({ min: 0, max: 3 }),
      cpus: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(graphs, ({ times, edges, transfer, accelerators, cpus }) => {
        fc.pre(accelerators + cpus > 0);
        const graph: PlacementGraph = {
          accelerators,
          cpus,
          capacity: 100,
          groups: times.length,
          nodes: times.map((time, i) => ({
            name: `${i}`,
            acceleratorTime: time,
            cpuTime: 3 * time,
            size: 1,
            transferTime: transfer,
            backward: false,
            group: i,
            consumers: [...new Set(edges.filter(([a, b]) => a === i && b > i && b < times.length).map(([, b]) => b))],
          })),
        };
        let best = Infinity;
        const devices = accelerators + cpus;
        for (let code = 0; code < devices ** times.length; code++) {
          const assignment = times.map((_, i) => Math.floor(code / devices ** i) % devices);
          if (contiguous(graph, assignment, devices)) best = Math.min(best, maxLoad(graph, assignment));
        }
        expect(exactPlacement(graph).load).toBeCloseTo(best, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses unknown ids, cycles and graphs with too many ideals', () => {
    const node = (id: number): object => ({
      id,
      supportedOnFpga: 1,
      cpuLatency: 1,
      fpgaLatency: 1,
      size: 1,
      isBackwardNode: 0,
      colorClass: id,
    });
    const graph = (edges: object[], n = 2): unknown => ({
      maxFPGAs: 2,
      maxCPUs: 0,
      maxSizePerFPGA: 99,
      nodes: Array.from({ length: n }, (_, i) => node(i)),
      edges,
    });
    expect(() => readPlacement({ nodes: [null], edges: [] })).toThrow('nodes[0].id is undefined');
    expect(() => readPlacement(graph([null as never]))).toThrow('edges[0] joins undefined and undefined');
    expect(() => readPlacement(graph([{ sourceId: 0, destId: 7, cost: 1 }]))).toThrow('edges[0] joins 0 and 7');
    expect(() =>
      readPlacement(
        graph([
          { sourceId: 0, destId: 1, cost: 1 },
          { sourceId: 1, destId: 0, cost: 1 },
        ]),
      ),
    ).toThrow('cycle');
    expect(() => exactPlacement(readPlacement(graph([], 30)))).toThrow('more than 200000 ideals');
  });
});

/** Whether devices can be put in an order so that data only flows forward. */
function contiguous(graph: PlacementGraph, assignment: readonly number[], devices: number): boolean {
  const needs = Array.from({ length: devices }, () => new Set<number>());
  forwardDependencies(graph).forEach((list, g) =>
    list.forEach((from) => assignment[from] !== assignment[g] && needs[assignment[g]!]!.add(assignment[from]!)),
  );
  const done = new Set<number>();
  for (let round = 0; round < devices; round++) needs.forEach((set, d) => [...set].every((x) => done.has(x)) && done.add(d));
  return done.size === devices;
}

describe('pipeline partition', () => {
  const times = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
  it('PipeDream: equals trying every cut', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 10 }), (t, devices, transfer) => {
        let best = Infinity;
        for (let cuts = 0; cuts < 2 ** (t.length - 1); cuts++) {
          let [slowest, sum, stages] = [0, 0, 1];
          t.forEach((time, i) => {
            sum += time;
            if (i < t.length - 1 && (cuts >> i) & 1) {
              slowest = Math.max(slowest, sum, transfer);
              sum = 0;
              stages++;
            }
          });
          if (stages <= devices) best = Math.min(best, Math.max(slowest, sum));
        }
        expect(pipedreamPartition(t, devices, { transfers: t.map(() => transfer), replicate: false }).cost).toBe(best);
      }),
    );
  });
  it('PipeDream: replicates what can’t be cut', () => {
    expect(pipedreamPartition([12, 1], 4)).toEqual({ stages: [{ first: 0, end: 2, replicas: 4, time: 13 / 4 }], cost: 13 / 4 });
    expect(pipedreamPartition([12, 1], 4, { synchronise: () => 100 }).cost).toBe(12);
  });
  it('Alpa: equals trying every cut', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 16 }), (t, devices, microBatches) => {
        const total = t.reduce((a, b) => a + b, 0);
        let best = Infinity;
        for (let cuts = 0; cuts < 2 ** (t.length - 1); cuts++) {
          const stages = [0];
          t.forEach((time, i) => {
            stages[stages.length - 1]! += time;
            if (i < t.length - 1 && (cuts >> i) & 1) stages.push(0);
          });
          if (stages.length <= devices) best = Math.min(best, total + (microBatches - 1) * Math.max(...stages));
        }
        expect(alpaPartition(t, devices, microBatches).cost).toBe(best);
      }),
    );
  });
});

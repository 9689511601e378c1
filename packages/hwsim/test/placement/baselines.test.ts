import { describe, expect, it } from 'vitest';
import { exactPlacement, maxLoad, minCutPlacement, placementByHand, readPlacement } from '../../src/index.ts';
import { excerptJson, goldenFolder, goldenJson } from '../golden.ts';

const { inference, optimal } = excerptJson<{ inference: unknown; optimal: number }>('placement/bert24.json');
const bert = readPlacement(inference);

describe('placement by hand', () => {
  it.skipIf(!goldenFolder).each(['bert24', 'resnet50', 'gnmt'])('%s: the published expert’s load', (name) => {
    const graph = readPlacement(goldenJson(`placement/throughput_${name}_inference.json`));
    const { fpgas, cpus } = goldenJson<Record<'fpgas' | 'cpus', { nodes: number[] }[]>>(`placement/${name}_inference_expert.json`);
    const { baselines } =
      goldenJson<Record<string, { baselines: { expert: number } }>>('placement/results.json')[`LayerGraphs/${name}_inference`]!;
    const load = maxLoad(
      graph,
      placementByHand(
        graph,
        [...fpgas, ...cpus].map(({ nodes }) => nodes),
      ),
    );
    // Published with six digits.
    expect(Number(load.toPrecision(6))).toBe(Number(baselines.expert.toPrecision(6)));
  });
  it('refuses nodes that are missing, doubled or unknown', () => {
    const names = bert.nodes.map(({ name }) => name);
    expect(() => placementByHand(bert, [names.slice(1)])).toThrow(`node ${JSON.stringify(names[0])} is on no device`);
    expect(() => placementByHand(bert, [names, [names[3]!]])).toThrow('is there twice');
    expect(() => placementByHand(bert, [['nobody']])).toThrow('"nobody", which isn\'t one of the graph');
    expect(() =>
      placementByHand(
        bert,
        Array.from({ length: 99 }, () => []),
      ),
    ).toThrow('devices has 99 lists');
  });
});

describe('min-cut placement', () => {
  it('finds the bridge between two cliques', () => {
    const clique = (names: readonly string[]): object[] =>
      names.flatMap((a, i) => names.slice(i + 1).map((b) => ({ sourceId: Number(a), destId: Number(b), cost: 1 })));
    const node = (id: number): object => ({ id, supportedOnFpga: 1, cpuLatency: 9, fpgaLatency: 1, size: 1, isBackwardNode: 0 });
    // Interleaved, so that consecutive runs cut much.
    const graph = readPlacement({
      maxFPGAs: 2,
      maxCPUs: 0,
      maxSizePerFPGA: 99,
      nodes: Array.from({ length: 8 }, (_, i) => node(i)),
      edges: [...clique(['0', '2', '4', '6']), ...clique(['1', '3', '5', '7']), { sourceId: 0, destId: 1, cost: 1 }],
    });
    const { assignment, cut } = minCutPlacement(graph, { imbalance: 0.05 });
    expect(cut).toBe(1);
    expect(new Set([0, 2, 4, 6].map((g) => assignment[g])).size).toBe(1);
    expect(new Set([1, 3, 5, 7].map((g) => assignment[g])).size).toBe(1);
  });
  it('keeps its balance on bert24, cuts little, and isn’t far from the optimum', () => {
    const { assignment, cut, load } = minCutPlacement(bert);
    const sums = new Float64Array(bert.accelerators);
    for (const { group, acceleratorTime, cpuTime } of bert.nodes)
      sums[assignment[group]!]! += Number.isFinite(acceleratorTime) ? acceleratorTime : cpuTime;
    const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
    // Layers of 3.5 don't pack into every balance: single moves end within one of it.
    expect(Math.max(...sums)).toBeLessThanOrEqual(1.1 * mean + 3.6);
    expect(load).toBe(maxLoad(bert, assignment));
    expect(load).toBeLessThan(2 * optimal);
    const sent = (of: ArrayLike<number>): number =>
      bert.nodes.reduce((sum, { group, transferTime, consumers }) => {
        const devices = new Set([of[group]!, ...consumers.map((c) => of[bert.nodes[c]!.group]!)]);
        return sum + transferTime * (devices.size - 1);
      }, 0);
    expect(cut).toBeCloseTo(sent(assignment), 9);
    expect(cut).toBeLessThanOrEqual(2 * sent(exactPlacement(bert).assignment));
  });
});

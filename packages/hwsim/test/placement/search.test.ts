import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  annealPlacement,
  chainPlacement,
  crossEntropyPlacement,
  deviceLoads,
  localSearchPlacement,
  maxLoad,
  readPlacement,
  reinforcePlacement,
  type PlacementGraph,
  type SearchResult,
} from '../../src/index.ts';
import { loadEvaluator } from '../../src/placement/load-evaluator.ts';
import { excerptJson } from '../golden.ts';

const { inference, optimal } = excerptJson<{ inference: unknown; optimal: number }>('placement/bert24.json');
const bert = readPlacement(inference);

/** Every search there is; a new one joins by a line. */
const searches: Readonly<Record<string, (graph: PlacementGraph, options: { evaluations: number; seed?: number }) => SearchResult>> = {
  'local search': (graph, options) => localSearchPlacement(graph, { ...options, start: chainPlacement(graph).assignment }),
  'simulated annealing': annealPlacement,
  'cross-entropy method': crossEntropyPlacement,
  REINFORCE: reinforcePlacement,
};

describe.each(Object.entries(searches))('%s', (_, search) => {
  const result = search(bert, { evaluations: 50_000, seed: 1 });
  it('comes within 3 % of the contiguous optimum of bert24', () => {
    expect(result.load).toBeLessThan(1.03 * optimal);
    expect(maxLoad(bert, result.assignment)).toBeCloseTo(result.load, 12);
  });
  it('tells its budget and a curve that falls', () => {
    expect(result.evaluations).toBeLessThanOrEqual(50_000);
    expect(
      result.curve.every(
        (point, i) => i === 0 || (point.load <= result.curve[i - 1]!.load && point.evaluations >= result.curve[i - 1]!.evaluations),
      ),
    ).toBe(true);
    expect(result.curve.at(-1)).toEqual({ evaluations: result.evaluations, load: result.load });
  });
  it('refuses to give a placement where none fits', () => {
    expect(() => search({ ...bert, capacity: 0, cpus: 0 }, { evaluations: 2000 })).toThrow(/placements that were costed fits/);
  });
  it('gives the same for the same seed and keeps its budget', () => {
    const [a, b] = [search(bert, { evaluations: 3000, seed: 9 }), search(bert, { evaluations: 3000, seed: 9 })];
    expect(a).toEqual(b);
    expect(a.evaluations).toBeLessThanOrEqual(3000);
  });
});

describe('learnt placement of bert24', () => {
  it('is better than the contiguous optimum, and by REINFORCE than 17.7776, in 100,000 placements', () => {
    expect(reinforcePlacement(bert, { evaluations: 100_000, seed: 2 }).load).toBeLessThan(17.7776);
    expect(crossEntropyPlacement(bert, { evaluations: 100_000, seed: 1 }).load).toBeLessThan(optimal);
  });
});

describe('loadEvaluator', () => {
  it('costs as deviceLoads does', () => {
    const evaluator = loadEvaluator(bert);
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: bert.groups, maxLength: bert.groups }), (assignment) => {
        const most = evaluator.evaluate(assignment);
        deviceLoads(bert, assignment).forEach((load, d) => expect(evaluator.loads[d]).toBeCloseTo(load, 10));
        expect(most).toBeCloseTo(maxLoad(bert, assignment), 10);
      }),
    );
  });
});

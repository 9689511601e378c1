import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseLoopNest, type LoopNest } from '../../src/index.ts';
import { excerptJson } from '../golden.ts';
import { tutorials } from './tutorials.ts';

type Tensor = [tile: number, reads: number, fills: number, updates: number, picojoules: number];
const { runs } = excerptJson<{
  runs: Record<string, { cycles: number; computes: number; levels: Record<string, Record<string, Tensor>>; fJ: Record<string, number> }>;
}>('timeloop/tutorial.json');

describe('Timeloop’s tutorials', () => {
  it.each(Object.entries(runs))('%s: every count and energy', (name, expected) => {
    const nest = tutorials[name]!;
    const report = analyseLoopNest(nest);
    expect(report.computes).toBe(expected.computes);
    const spatial = nest.levels.flatMap((l) => l.spatial ?? []).reduce((product, loop) => product * loop.bound, 1);
    expect(report.cycles).toBe(expected.computes / spatial);
    for (const [level, tensors] of Object.entries(expected.levels)) {
      const ours = report.levels.find((l) => l.name === level)!;
      expect(Object.keys(ours.tensors).toSorted(), level).toEqual(Object.keys(tensors).toSorted());
      for (const [tensor, [tile, reads, fills, updates, picojoules]] of Object.entries(tensors)) {
        const { energy, ...counts } = ours.tensors[tensor]!;
        expect(counts, `${level} ${tensor}`).toEqual({ tile, reads, fills, updates });
        // Printed with two decimals.
        expect(Math.abs(energy - picojoules)).toBeLessThan(0.00501);
      }
      expect(Math.abs((ours.energy / report.computes) * 1000 - expected.fJ[level]!)).toBeLessThan(0.00501);
    }
    expect(Math.abs((report.energy / report.computes) * 1000 - expected.fJ.Total!)).toBeLessThan(0.00501);
    expect(report.movementEnergy / report.arithmeticEnergy).toBeGreaterThan(1);
  });
});

/** Counts by walking every step of the loops and looking at what each tile holds. */
function walk(nest: LoopNest): Record<string, Record<string, number>> {
  const loops = nest.levels.flatMap((level, l) => level.loops.map((loop) => ({ ...loop, l })));
  const strides = loops.map((loop, i) =>
    loops.slice(0, i).reduce((s, other) => (other.dimension === loop.dimension ? s * other.bound : s), 1),
  );
  const steps = loops.reduce((n, loop) => n * loop.bound, 1);
  const fills: Record<string, Record<string, number>> = {};
  nest.levels.slice(0, -1).forEach((level, l) => {
    fills[level.name] = {};
    for (const tensor of nest.tensors.filter((t) => !t.output)) {
      let held = new Set<string>();
      let corner: number[] = [];
      let count = 0;
      for (let step = 0; step < steps; step++) {
        let rest = step;
        const at = loops.map((loop) => {
          const i = rest % loop.bound;
          rest = (rest - i) / loop.bound;
          return i;
        });
        if (loops.some((loop, i) => loop.l <= l && at[i]! > 0)) continue;
        const place = (inner: readonly number[]): string =>
          tensor.axes
            .map((axis) =>
              axis.reduce(
                (sum, dim) =>
                  sum +
                  loops.reduce((s, loop, i) => s + (loop.dimension === dim ? (loop.l <= l ? inner[i]! : at[i]!) * strides[i]! : 0), 0),
                0,
              ),
            )
            .join();
        const now = new Set<string>();
        const inside = loops.map((loop) => (loop.l <= l ? loop.bound : 1));
        for (let k = 0; k < inside.reduce((a, b) => a * b, 1); k++) {
          let r = k;
          now.add(
            place(
              inside.map((bound) => {
                const i = r % bound;
                r = (r - i) / bound;
                return i;
              }),
            ),
          );
        }
        const here = place(inside.map(() => 0))
          .split(',')
          .map(Number);
        // What slides backwards, or along two axes, is fetched whole.
        const forward = corner.length > 0 && here.every((x, a) => x >= corner[a]!) && here.filter((x, a) => x !== corner[a]).length <= 1;
        count += forward ? [...now].filter((word) => !held.has(word)).length : now.size;
        held = now;
        corner = here;
      }
      fills[level.name]![tensor.name] = count;
    }
  });
  return fills;
}

describe('analyseLoopNest', () => {
  it('fetches what a walk through the loops fetches', () => {
    const bound = fc.integer({ min: 1, max: 4 });
    const level = fc
      .shuffledSubarray(['R', 'P', 'K', 'C'], { minLength: 1 })
      .chain((dims) => fc.tuple(...dims.map((dimension) => fc.record({ dimension: fc.constant(dimension), bound }))));
    fc.assert(
      fc.property(level, level, level, (a, b, c) => {
        const energy = { read: 1, write: 1 };
        const { tensors } = tutorials['04-model-conv1d+oc-3levelspatial/cp']!;
        const nest: LoopNest = {
          tensors,
          levels: [
            { name: 'A', loops: a, energy },
            { name: 'B', loops: b, energy },
            { name: 'M', loops: c, energy },
          ],
          compute: { energy: 1 },
        };
        const report = analyseLoopNest(nest);
        const walked = walk(nest);
        for (const name of ['A', 'B'] as const)
          for (const tensor of ['Weights', 'Inputs'])
            expect(report.levels.find((l) => l.name === name)!.tensors[tensor]!.fills, `${name} ${tensor}`).toBe(walked[name]![tensor]);
      }),
      { numRuns: 60 },
    );
  });
  it('refuses what makes no sense, by name', () => {
    const nest = tutorials['01-model-conv1d-2level/os']!;
    expect(() => analyseLoopNest({ ...nest, levels: [] })).toThrow('nest.levels is empty');
    expect(() => analyseLoopNest({ ...nest, levels: [{ ...nest.levels[0]!, keeps: ['X'] }, nest.levels[1]!] })).toThrow('Buffer keeps "X"');
    expect(() => analyseLoopNest({ ...nest, levels: [nest.levels[0]!, { ...nest.levels[1]!, keeps: ['Inputs'] }] })).toThrow(
      'nobody holds Weights',
    );
    expect(() =>
      analyseLoopNest({ ...nest, levels: [{ ...nest.levels[0]!, loops: [{ dimension: 'R', bound: 0 }] }, nest.levels[1]!] }),
    ).toThrow('loop R of Buffer is 0');
  });
});

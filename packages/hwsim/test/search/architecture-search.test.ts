import { describe, expect, it } from 'vitest';
import {
  evolveArchitectures,
  expectedRandomBest,
  paretoFront,
  randomArchitectures,
  readArchitectureTable,
  reinforceArchitectures,
  type Architecture,
  type ArchitectureTable,
} from '../../src/index.ts';
import { goldenFolder, goldenText } from '../golden.ts';

/** A small space where later choices matter less: 3^4 networks. */
const small = ((): ArchitectureTable => {
  const rows = Array.from({ length: 81 }, (_, i) => i.toString(3).padStart(4, '0')).map((arch) => {
    const [a, b, c, d] = Array.from(arch, Number) as [number, number, number, number];
    return `${arch},${50 + 8 * a + 4 * b - (b === c ? 3 : 0) + c + d},0.1,${1000 * (a + b + c + d + 1)},${5000 * (a + 2 * b + c + d + 1)}`;
  });
  return readArchitectureTable(['arch,mean_acc,std,params,flops', ...rows].join('\n'));
})();

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('architecture search', () => {
  it('random search finds what order statistics expect', () => {
    for (const n of [1, 10, 40]) {
      const found = Array.from({ length: 400 }, (_, seed) => randomArchitectures(small, { evaluations: n, seed: seed + 1 }).reward);
      expect(Math.abs(mean(found) - expectedRandomBest(small, n))).toBeLessThan(n === 1 ? 1.2 : 0.5);
    }
    expect(expectedRandomBest(small, 1)).toBeCloseTo(mean(small.all.map((a) => a.accuracy)), 10);
  });
  it.each([
    ['random', randomArchitectures],
    ['evolution', evolveArchitectures],
    ['reinforce', reinforceArchitectures],
  ] as const)('%s: same seed, same result; the curve never falls', (_, search) => {
    const [a, b] = [search(small, { evaluations: 60, seed: 5 }), search(small, { evaluations: 60, seed: 5 })];
    expect(a).toEqual(b);
    expect(a.curve.every((value, i) => i === 0 || value >= a.curve[i - 1]!)).toBe(true);
    expect(a.curve.at(-1)).toBe(a.reward);
    expect(small.get(a.best.choices)).toBe(a.best);
  });
  it('the Pareto front holds whoever isn’t beaten', () => {
    const objectives = [(a: Architecture): number => a.accuracy, (a: Architecture): number => -a.operations] as const;
    const front = paretoFront(small.all, objectives);
    const beats = (x: Architecture, y: Architecture): boolean =>
      objectives.every((o) => o(x) >= o(y)) && objectives.some((o) => o(x) > o(y));
    expect(front).toEqual(small.all.filter((a) => !small.all.some((b) => beats(b, a))));
    expect(front.length).toBeLessThan(small.all.length);
  });
  it('refuses tables with gaps', () => {
    expect(() => readArchitectureTable('h\n00,1,0,1,1\n01,1,0,1,1')).toThrow('2 architectures, expected all 2^2');
    expect(() => readArchitectureTable('h\nx,1')).toThrow('architectures.csv:2:');
    expect(() => small.get([9, 9, 9, 9])).toThrow('expected 4 of 0 to 2');
  });
});

describe.skipIf(!goldenFolder)('NAS-Bench-Macro', () => {
  const table = goldenFolder ? readArchitectureTable(goldenText('nas/nas_bench_macro_cifar10.csv')) : small;
  it('has 6,561 networks, the best at 93.127 %', () => {
    expect([table.all.length, table.layers, table.choices]).toEqual([6561, 8, 3]);
    const best = table.all.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
    expect(best.accuracy).toBeCloseTo(93.12666, 4);
    expect([best.parameters, best.operations]).toEqual([1985514, 85164544]);
    expect(mean(table.all.map((a) => a.accuracy))).toBeCloseTo(90.2466, 3);
  });
  it('evolution and the controller beat what random search is expected to find in 300 look-ups', () => {
    const expected = expectedRandomBest(table, 300);
    for (const search of [evolveArchitectures, reinforceArchitectures]) {
      const found = Array.from({ length: 20 }, (_, seed) => search(table, { evaluations: 300, seed: seed + 1 }).reward);
      expect(mean(found)).toBeGreaterThan(expected);
    }
  });
});

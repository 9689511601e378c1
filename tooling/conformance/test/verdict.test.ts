import { describe, expect, it } from 'vitest';
import { uniqueNames, type Outcome } from '../src/outcome.ts';
import { judge, prune, regressions } from '../src/verdict.ts';

const outcome = (name: string, status: Outcome['status']): Outcome => ({ name, status, messages: [] });
const names = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ name }) => name);

describe('judge', () => {
  const outcomes = [outcome('a', 'passed'), outcome('b', 'failed'), outcome('c', 'failed'), outcome('d', 'skipped')];

  it('takes a listed failure for expected, and no other', () => {
    const verdict = judge(outcomes, [{ reason: 'why', specs: ['b'] }], true);
    expect(names(verdict.unexpected)).toEqual(['c']);
    expect(verdict.expected).toEqual([{ reason: 'why', count: 1 }]);
    expect(verdict.fixed).toEqual([]);
  });

  it('names what is listed but passes, or is skipped', () => {
    expect(judge(outcomes, [{ reason: 'why', specs: ['a', 'b', 'c', 'd'] }], true).fixed).toEqual(['a', 'd']);
  });

  it('names what is listed but does not exist, unless only a part ran', () => {
    const lists = [{ reason: 'why', specs: ['b', 'c', 'gone'] }];
    expect(judge(outcomes, lists, true).unknown).toEqual(['gone']);
    expect(judge(outcomes, lists, false).unknown).toEqual([]);
  });

  it('can be followed: the list without what passes is exact', () => {
    const lists = [
      { reason: 'why', specs: ['a', 'b'] },
      { reason: 'because', specs: ['d', 'gone'] },
      { reason: 'so', specs: ['c'] },
    ];
    const pruned = prune(lists, judge(outcomes, lists, true));
    expect(pruned).toEqual([
      { reason: 'why', specs: ['b'] },
      { reason: 'so', specs: ['c'] },
    ]);
    expect(judge(outcomes, pruned, true)).toMatchObject({ unexpected: [], fixed: [], unknown: [] });
  });

  it('refuses a name listed twice', () => {
    const lists = [
      { reason: 'why', specs: ['b'] },
      { reason: 'because', specs: ['b'] },
    ];
    expect(() => judge(outcomes, lists, true)).toThrow(/lists 'b' twice/);
  });
});

it('regressions are what passes there and not here', () => {
  const here = [outcome('a', 'passed'), outcome('b', 'failed'), outcome('c', 'skipped'), outcome('d', 'failed')];
  const there = [outcome('a', 'passed'), outcome('b', 'passed'), outcome('c', 'passed'), outcome('d', 'failed')];
  expect(names(regressions(here, there))).toEqual(['b', 'c']);
});

it('specs of one name are told apart by their order', () => {
  expect(names(uniqueNames([outcome('a', 'passed'), outcome('b', 'passed'), outcome('a', 'failed')]))).toEqual(['a', 'b', 'a #2']);
});

import { dense, random, sequential, type SequentialLayer } from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { chooseSchemes, quantizeWithin, sensitivity, type Scheme, type Sensitivity } from '../src/index.ts';
import { useBackend } from './backends.ts';

function network(): SequentialLayer {
  const keys = random.split(random.key(1), 3);
  return sequential([
    dense(32, 64, { activation: 'relu', key: keys[0] }),
    dense(64, 32, { activation: 'relu', key: keys[1] }),
    dense(32, 4, { key: keys[2] }),
  ]);
}

describe('on x', () => {
  beforeAll(() => useBackend('x'));

  test('fewer bits of a layer cost more, and float costs nothing', async () => {
    const net = network();
    const samples = random.normal(random.key(2), [64, 32]);
    const found = await sensitivity(net, { calibrate: samples, schemes: ['int8', 'int4', 'ternary'] });
    expect(found.map(({ layer, scheme }) => `${layer} ${scheme}`)).toEqual(
      ['0', '1', '2'].flatMap((layer) => ['float', 'int8', 'int4', 'ternary'].map((scheme) => `${layer} ${scheme}`)),
    );
    for (const layer of ['0', '1', '2']) {
      const errors = found.filter((entry) => entry.layer === layer).map(({ error }) => error);
      expect(errors).toEqual(errors.toSorted((a, b) => a - b));
      expect(errors[0]).toBe(0);
    }
    samples.dispose();
    net.dispose();
  });

  test('a network keeps its budget, uses it, and leaks nothing', async () => {
    const samples = random.normal(random.key(2), [64, 32]);
    const net = network();
    const floatBytes = 4 * (32 * 64 + 64 + 64 * 32 + 32 + 32 * 4 + 4);
    let last = -Infinity;
    for (const share of [0.2, 0.3, 0.6, 1]) {
      await expectNoLeak(async () => {
        const q = await quantizeWithin(net, { bytes: share * floatBytes }, { calibrate: [samples] });
        const { bytes, output } = q.report();
        expect(bytes).toBeLessThanOrEqual(share * floatBytes);
        expect(output!.sqnr).toBeGreaterThanOrEqual(last);
        last = output!.sqnr;
        q.dispose();
      });
    }
    await expect(quantizeWithin(net, { bytes: 10 }, { calibrate: samples })).rejects.toThrow(
      /budget.bytes is 10, but the smallest schemes take/,
    );
    await expect(quantizeWithin(net, { bytes: 1e6 })).rejects.toThrow(/calibrate is missing/);
    await expect(sensitivity(net, { calibrate: samples, schemes: ['int5' as never] })).rejects.toThrow(/schemes is "int5"/);
    samples.dispose();
    net.dispose();
  });
});

test('the choice is the best of all', () => {
  let state = 5;
  const next = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32;
  const layers = ['a', 'b', 'c', 'd', 'e'];
  const schemes: readonly Scheme[] = ['float', 'int8', 'int4'];
  for (let round = 0; round < 30; round++) {
    const all: Sensitivity[] = layers.flatMap((layer) =>
      schemes.map((scheme) => ({ layer, scheme, error: next(), bytes: next(), milliseconds: next() })),
    );
    const budget = round % 2 === 0 ? { bytes: 2 } : { bytes: 3, milliseconds: 2.5 };
    let least = Infinity;
    for (let code = 0; code < 3 ** 5; code++) {
      const own = layers.map((layer, at) =>
        all.find((entry) => entry.layer === layer && entry.scheme === schemes[Math.floor(code / 3 ** at) % 3])!,
      );
      const sum = (of: 'error' | 'bytes' | 'milliseconds'): number => own.reduce((total, entry) => total + entry[of], 0);
      if (sum('bytes') <= budget.bytes && sum('milliseconds') <= (budget.milliseconds ?? Infinity)) least = Math.min(least, sum('error'));
    }
    if (least === Infinity) {
      expect(() => chooseSchemes(all, budget)).toThrow(/budget/);
      continue;
    }
    const chosen = chooseSchemes(all, budget);
    const error = layers.reduce(
      (sum, layer) => sum + all.find((entry) => entry.layer === layer && entry.scheme === chosen[layer])!.error,
      0,
    );
    expect(error).toBeCloseTo(least, 12);
  }
  expect(() => chooseSchemes([], {})).toThrow(/must say bytes or milliseconds/);
});

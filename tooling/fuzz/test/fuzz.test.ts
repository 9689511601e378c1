import { expect, test } from 'vitest';
import { difference } from '../src/compare.ts';
import { families } from '../src/families/index.ts';
import { fuzz, programs } from '../src/fuzz.ts';
import { hasTorch } from '../src/torch.ts';

const torch = hasTorch();

// `pnpm fuzz` runs 10,000.
test(`600 random programs give on backend x what they give on tfjs's cpu backend${torch ? ' or in PyTorch' : ' (PyTorch is not installed)'}`, async () => {
  const findings = await fuzz({ seed: 20_261_126, first: 0, last: 600, torch, threads: 2 });
  expect(findings.filter(({ cpuAlone, family }) => !cpuAlone && (torch || family !== 'pool3d'))).toEqual([]);
});

test('the same number is the same program, and every family comes up', () => {
  const [some, again] = [programs(1, 0, 2000), programs(1, 1990, 2000)];
  expect(again.map(({ text, inputs }) => [text, inputs])).toEqual(some.slice(1990).map(({ text, inputs }) => [text, inputs]));
  expect([...new Set(some.map(({ family }) => family))].sort()).toEqual(Object.keys(families).sort());
  expect(programs(2, 0, 3).map(({ text }) => text)).not.toEqual(some.slice(0, 3).map(({ text }) => text));
});

const of = (values: number[], shape: number[] = [values.length], dtype = 'float32'): Parameters<typeof difference>[0] => ({
  outputs: [{ shape, dtype, values: dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values) }],
  gradients: [],
});

test('a difference is told: values, special ones, shapes, dtypes, errors', () => {
  expect(difference(of([1, 2]), of([1, 2.000_001]))).toBeUndefined();
  expect(difference(of([1, 2]), of([1, 2.001]))).toBe('output 0: value 1 of [2] is 2 instead of 2.000999927520752');
  expect(difference(of([NaN]), of([NaN]))).toBeUndefined();
  expect(difference(of([NaN]), of([0]))).toContain('is NaN instead of 0');
  expect(difference(of([Infinity]), of([-Infinity]))).toContain('Infinity instead of -Infinity');
  expect(difference(of([1, 2]), of([1, 2], [2, 1]))).toContain('shape');
  expect(difference(of([1], [1], 'int32'), of([1]))).toContain('dtype');
  expect(difference(of([16_777_217], [1], 'int32'), of([16_777_216], [1], 'int32'))).toContain('16777217');
  const failed = { outputs: [], gradients: [], error: 'no' };
  expect(difference(failed, of([1]))).toBe("error 'no'");
  expect(difference(of([1]), failed)).toBe("no error instead of 'no'");
  expect(difference(failed, failed)).toBeUndefined();
});

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { exportedFunctions, refusalProblems, type Example } from '../src/refusals.ts';

/** What the functions below leave behind on purpose. */
const left: tf.Tensor[] = [];
beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => tf.dispose(left.splice(0)));

const example: Example = ['x options(rate)', () => [1, { rate: 2 }]];

interface Options {
  readonly rate: number;
}

function checked(x: number, options: Options): void {
  if (typeof x !== 'number') throw new TypeError(`x must be a number, not ${String(x)}.`);
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options must be an object with a rate, not ${String(options)}.`);
  if (typeof options.rate !== 'number') throw new TypeError(`rate must be a number, not ${String(options.rate)}.`);
}
const problems = (called: (x: number, options: Options) => unknown): Promise<string[]> =>
  refusalProblems(called as (...args: readonly unknown[]) => unknown, example);

test('a function that names each wrong argument has no problems, whether it answers at once or later', async () => {
  expect(await problems(checked)).toEqual([]);
  expect(await problems(async (x, options) => checked(x, options))).toEqual([]);
});

test('what is accepted is found, argument by argument and field by field', async () => {
  expect(await problems((_, options) => checked(1, options))).toEqual([
    'x undefined: accepted',
    'x null: accepted',
    'x "text": accepted',
    'x an empty object: accepted',
  ]);
  expect(await problems((x, options) => checked(x, typeof options === 'object' && options !== null ? { rate: 1 } : options))).toEqual([
    'rate undefined: accepted',
    'rate null: accepted',
    'rate "text": accepted',
    'rate an empty object: accepted',
  ]);
});

test("the engine's own words, and an error that names something else, are problems", async () => {
  const native = await problems((x, options) => {
    if (typeof options.rate === 'number') checked(x, options);
    options.rate.toFixed();
  });
  expect(native).toContainEqual(expect.stringMatching(/^options undefined: Cannot read properties of undefined/));
  expect(native).toContain('rate "text": options.rate.toFixed is not a function');
  const other = await problems((x, options) => {
    if (typeof x !== 'number') throw new TypeError('y must be a number.');
    checked(x, options);
  });
  expect(other).toEqual(['undefined', 'null', '"text"', 'an empty object'].map((wrong) => `x ${wrong}: y must be a number.`));
});

test('a refusal that leaves a tensor behind, disposes of one or replaces one by a larger is a problem', async () => {
  const leaking = await problems((x, options) => {
    if (typeof x !== 'number') left.push(tf.zeros([3]));
    checked(x, options);
  });
  expect(leaking).toEqual(
    ['undefined', 'null', '"text"', 'an empty object'].map((wrong) => `x ${wrong}: 1 tensors and 12 bytes left over`),
  );

  const own = [tf.zeros([2]), tf.zeros([2]), tf.zeros([2]), tf.zeros([2])];
  const disposing = await problems((x, options) => {
    if (typeof x !== 'number') own.pop()?.dispose();
    checked(x, options);
  });
  expect(disposing).toHaveLength(4);
  expect(disposing[0]).toBe('x undefined: -1 tensors and -8 bytes left over');

  let kept = tf.zeros([2]);
  const growing = await problems((x, options) => {
    if (typeof x !== 'number') {
      kept.dispose();
      kept = tf.zeros([kept.size + 1]);
    }
    checked(x, options);
  });
  kept.dispose();
  expect(growing[0]).toBe('x undefined: 0 tensors and 4 bytes left over');
});

test('null for what may be left out is a problem, unless it is said to be allowed', async () => {
  const scale = ((x: number, factor = 1, { bias = 0 }: { bias?: number } = {}): number => {
    if (typeof x !== 'number') throw new TypeError('x must be a number.');
    return x * factor + bias;
  }) as unknown as (...args: readonly unknown[]) => unknown;
  const right: Example = ['x', () => [1]];
  expect(await refusalProblems(scale, right)).toEqual([]);
  expect(await refusalProblems(scale, right, { nulls: true })).toEqual([
    'factor null: accepted',
    expect.stringMatching(/^options null: Cannot/),
    'options 7: accepted',
    'options "text": accepted',
    'bias null: accepted',
  ]);
  expect(await refusalProblems(scale, right, { nulls: true, nullable: ['factor', 'options', 'bias'] })).toEqual([]);
});

test('what the example itself makes is no problem', async () => {
  const given: Example = [
    'x options(rate)',
    () => {
      left.push(tf.zeros([3]));
      return [1, { rate: 2 }];
    },
  ];
  expect(await refusalProblems(checked as (...args: readonly unknown[]) => unknown, given)).toEqual([]);
});

test('functions are found in entries and in the objects they export; classes of errors are not called', () => {
  class Broken extends Error {}
  const entry = { first: () => 1, random: { key: () => 2, deep: { hidden: () => 3 } }, Broken, value: 4, list: [() => 5] };
  expect([...exportedFunctions({ entry, other: { second: () => 6 } }).keys()]).toEqual(['first', 'random.key', 'second']);
});

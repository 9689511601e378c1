import { random } from '@x/tensor';
import { csrPattern } from '@x/tensor/sparse';
import { beforeAll, expect, test } from 'vitest';
import { importancePruning } from '../src/index.ts';
import { useBackend } from './backends.ts';

beforeAll(() => useBackend('cpu'));

test('importance pruning takes the links of the units with the least sums of |w|, by numpy’s percentile', () => {
  // Sums 1, 5, 2, 3, 4: the 25th percentile is 2, and what is at it goes.
  const pattern = csrPattern(5, 2, Int32Array.of(0, 1, 3, 4, 5, 6), Int32Array.of(0, 0, 1, 1, 0, 1));
  const values = Float32Array.of(-1, 2, -3, 2, 3, -4);
  const view = {
    pattern,
    values,
    room: 6,
    key: random.key(0),
    slots: {},
    strongest: () => new Uint8Array(0),
    largestGradients: () => new Float64Array(0),
  };
  const [keep] = importancePruning({ every: 1, begin: 0, fraction: 0.25, keepLast: false }).plan([view], 0);
  expect([...keep!.keep]).toEqual([0, 1, 1, 0, 1, 1]);
  pattern.dispose();
});

import { expect, test } from 'vitest';
import { conv2d, dense, random } from '../../src/index.ts';

test('before there is a backend, a layer says what to call', () => {
  const key = random.key(1);
  for (const make of [() => dense(2, 3, { key }), () => conv2d(1, 2, 3, { key })])
    expect(make).toThrow(/tfjs has no backend to make variables on. Call `await enable\(\)` once/);
});

import { expect } from 'vitest';

/** Fails where `given` is further from `expected` than sums of `count` rounded products of sizes that add up to `scale` can be. */
export function expectSums(given: Float32Array, expected: Float64Array, scale: Float64Array, count: number, name: string): void {
  for (let i = 0; i < given.length; i++) {
    const most = 2 ** -23 * (Math.sqrt(count) * scale[i]! + 1e-3);
    if (!(Math.abs(given[i]! - expected[i]!) <= most)) expect.fail(`${name}: [${i}] is ${given[i]}, not ${expected[i]}`);
  }
}

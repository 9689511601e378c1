import { readFileSync } from 'node:fs';

/** What make.py wrote. */
export const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as {
  readonly grasp: {
    readonly sizes: readonly [number, number, number];
    readonly batch: number;
    readonly temperature: number;
    readonly scores: readonly (readonly number[])[];
  };
  readonly npz: Readonly<Record<'csr' | 'stored' | 'coo' | 'csc' | 'unsorted', string>> & { readonly dense: readonly (readonly number[])[] };
};

/** make.py's numbers, uniform in -1 to 1. */
export function numbers(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  let state = BigInt(seed);
  for (let i = 0; i < count; i++) {
    state = (state * 1_103_515_245n + 12_345n) % 2n ** 31n;
    values[i] = Number(state) / 2 ** 30 - 1;
  }
  return values;
}

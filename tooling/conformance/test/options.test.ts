import { expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';

it('runs backend x with its own gradients unless told otherwise', () => {
  expect(parseOptions([])).toEqual({ backend: 'x', gradients: 'own', high: false, prune: false, verbose: false });
});

it("gives tfjs's backends tfjs's gradients", () => {
  expect(parseOptions(['--backend', 'wasm'])).toMatchObject({ backend: 'wasm', gradients: 'tfjs' });
});

it('passes over the -- that pnpm leaves in', () => {
  expect(parseOptions(['--', '--filter', '^add', '--tier', 'simd', '--threads', '1'])).toMatchObject({
    filter: /^add/,
    tier: 'simd',
    threads: 1,
  });
});

it.each([
  [['--backend', 'webgl'], /--backend must be one of x, cpu, wasm, not 'webgl'/],
  [['--against', 'y'], /--against must be one of/],
  [['--tier', 'best'], /--tier must be one of/],
  [['--threads', '0'], /--threads must be a whole number from 1/],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

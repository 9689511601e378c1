import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { referenceBound, referenceUnbound } from '../../src/kernels/reference/storage/bounded.ts';
import { boundFloats, stepOfBound, unboundFloats } from '../../src/kernels/storage/bounded.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats } from './values.ts';

/** Numbers of all kinds of blocks: dense, sparse, of one sign, empty, one number alone, wide, too wide for steps. */
function numbers(count: number, seed: number): Float32Array {
  const x = floats(count, seed, { scale: 1 });
  return x.map((value, i) => {
    const kind = (Math.floor(i / 64) * 7 + seed) % 9;
    const hash = (Math.imul(i + 1, 2654435761) >>> 8) % 100;
    if (kind === 0) return 0;
    if (kind === 1) return Math.max(value, 0);
    if (kind === 2) return hash < 20 ? Math.abs(value) * 4 : 0;
    if (kind === 3) return hash < 15 ? value : -0;
    if (kind === 4) return i % 64 === 63 ? 0.7 : 0;
    if (kind === 5) return value * 40;
    if (kind === 6) return hash < 30 ? value * 90 : 0;
    if (kind === 7) return value * 1e6;
    return value * 0.02;
  });
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('storage'));

  test.each([0, 1, 63, 64, 65, 1000, 4096, 4097, 70001])('%d numbers: the bytes of the twin, and back within the bound', (count) => {
    for (const bound of [0.01, 0.3, 1e-4]) {
      const x = numbers(count, count % 13);
      const step = stepOfBound(bound);
      const blocks = new Blocks(kernels());
      let [at, words] = [0, 0];
      const fine = boundFloats(kernels(), blocks.place(x), count, step, (size) => {
        words = size;
        return (at = blocks.place(new Int32Array(size)));
      });
      expect(fine).toBe(true);
      const given = new Uint8Array(blocks.read(at, new Int32Array(words)).buffer);
      const expected = referenceBound(x, step);
      expect(given.length).toBe(expected.length);
      expect(given.findIndex((byte, i) => byte !== expected[i])).toBe(-1);
      const to = blocks.place(new Float32Array(count).fill(7));
      unboundFloats(kernels(), at, to, count, step);
      const back = blocks.read(to, new Float32Array(count));
      blocks.release();
      expect(back.map((value) => value + 0)).toEqual(referenceUnbound(expected, count, step).map((value) => value + 0));
      expect([...x].findIndex((value, i) => !(Math.abs(value - back[i]!) <= bound) || (value === 0 && back[i] !== 0))).toBe(-1);
    }
  });

  test('what is not finite is told, and nothing made', () => {
    for (const odd of [NaN, Infinity, -Infinity]) {
      const x = numbers(5000, 1);
      x[4900] = odd;
      const blocks = new Blocks(kernels());
      const place = (): number => expect.fail('made room');
      expect(boundFloats(kernels(), blocks.place(x), x.length, 0.1, place)).toBe(false);
      blocks.release();
    }
  });
});

import type { Key } from '@x/tensor';
import type { CsrPattern } from '@x/tensor/sparse';
import { drawAbsent } from './absent.ts';
import { rewire } from './rewire.ts';

/** A pattern of exactly `count` non-zeros at random places, every choice of places as likely as any other. */
export function randomPattern(rows: number, columns: number, count: number, key: Key): CsrPattern {
  const nothing = { rows, columns, pointers: new Int32Array(rows + 1), indices: new Int32Array(0) };
  const grown = drawAbsent({ size: rows * columns, count: 0, has: () => false }, count, key);
  return rewire(nothing, { keep: new Uint8Array(0), grown }).pattern;
}

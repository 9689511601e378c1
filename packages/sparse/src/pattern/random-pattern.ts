import type { Key } from '@x/tensor';
import { CsrPattern, rewire } from '@x/tensor/sparse';
import { drawAbsent } from './absent.ts';

/** A pattern of exactly `count` non-zeros at random places, every choice of places as likely as any other. */
export function randomPattern(rows: number, columns: number, count: number, key: Key): CsrPattern {
  const grown = drawAbsent({ size: rows * columns, count: 0, has: () => false }, count, key);
  const nothing = new CsrPattern(rows, columns, new Int32Array(rows + 1), new Int32Array(0));
  const { pattern, from } = rewire(nothing, { keep: new Uint8Array(0), grown });
  nothing.dispose();
  from.dispose();
  pattern.prepare();
  return pattern;
}

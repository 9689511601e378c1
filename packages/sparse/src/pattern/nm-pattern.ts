import { random, type Key } from '@x/tensor';
import { CsrPattern } from '@x/tensor/sparse';
import { checkNumber, show } from '../validation.ts';

/**
 * A pattern with n non-zeros at random among each m neighbours of a row, such as 2 of 4 or 4 of 8.
 *
 * @throws {RangeError | TypeError} if the columns can't be cut into groups of m, or n is more than m.
 * @example
 * nmPattern(1, 8, [2, 4], random.key(0)).nonZeros; // => 4
 *
 * A. Zhou et al., "Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch", 2021, arXiv 2102.04010.
 */
export function nmPattern(rows: number, columns: number, nm: readonly [n: number, m: number], key: Key): CsrPattern {
  const where = 'nmPattern';
  checkNumber(where, 'rows', rows, { least: 0, whole: true });
  checkNumber(where, 'columns', columns, { least: 0, whole: true });
  if (!Array.isArray(nm) || nm.length !== 2) throw new TypeError(`${where}: nm is ${show(nm)}, but must be [n, m], such as [2, 4].`);
  const [n, m] = nm as readonly [number, number];
  checkNumber(where, 'm', m, { least: 1, whole: true });
  checkNumber(where, 'n', n, { least: 0, most: m, whole: true });
  if (columns % m !== 0) throw new RangeError(`${where}: ${columns} columns can't be cut into groups of ${m}; make them a multiple of it.`);
  const groups = (rows * columns) / m;
  const indices = new Int32Array(groups * n);
  const words = random.bits(key, rows * columns);
  let q = 0;
  for (let group = 0; group < groups; group++) {
    const first = (group * m) % columns;
    // Selection sampling: each is taken with the probability of those still wanted among those still left.
    let wanted = n;
    for (let i = 0; i < m; i++) {
      if (words[group * m + i]! >= (wanted / (m - i)) * 2 ** 32) continue;
      indices[q++] = first + i;
      wanted--;
    }
  }
  const each = (columns / m) * n;
  return new CsrPattern(
    rows,
    columns,
    Int32Array.from({ length: rows + 1 }, (_, row) => row * each),
    indices,
  );
}

import { checkObject } from '../validation.ts';
import type { Rows } from '../pattern/rows.ts';

/** How many links reach each unit, and how many leave each input. */
export function degrees(pattern: Rows): { readonly inDegrees: Int32Array; readonly outDegrees: Int32Array } {
  checkObject('degrees', 'pattern', pattern, ['rows', 'pointers', 'indices']);
  const { rows, columns, pointers, indices } = pattern;
  const inDegrees = Int32Array.from({ length: rows }, (_, row) => pointers[row + 1]! - pointers[row]!);
  const outDegrees = new Int32Array(columns);
  for (let q = 0; q < indices.length; q++) outDegrees[indices[q]!]!++;
  return { inDegrees, outDegrees };
}

import { checkArray, checkObject } from '../validation.ts';
import type { SparseMatrix } from './interchange.ts';

/** @throws {TypeError} unless the value has the parts of a sparse matrix: a pattern, and values. */
export function checkMatrix(where: string, name: string, value: SparseMatrix): void {
  checkObject(where, name, value, ['pattern', 'values']);
  checkObject(where, `${name}.pattern`, value.pattern, ['pointers', 'indices']);
  checkArray(where, `${name}.values`, value.values);
}

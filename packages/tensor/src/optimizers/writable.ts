import { backend, mul, tidy, type Variable } from '@tensorflow/tfjs-core';

/**
 * Makes sure that nobody else sees a variable's values, before they are changed in place: if a clone or a reshape
 * shares them, or they are on another backend, the variable gets a copy of its own here.
 */
export function makeWritable(variable: Variable): void {
  if (backend().refCount(variable.dataId) === 1) return;
  tidy(() => variable.assign(mul(variable, 1)));
}

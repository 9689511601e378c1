import type { Family } from '../program.ts';
import * as elementwise from './elementwise.ts';
import * as indexing from './indexing.ts';
import { einsum, fusedMatMul, matMul } from './products.ts';
import * as reductions from './reductions.ts';
import * as shapes from './shapes.ts';
import * as windows from './windows.ts';

export const families: Readonly<Record<string, Family>> = {
  ...elementwise,
  ...indexing,
  einsum,
  fusedMatMul,
  matMul,
  ...reductions,
  ...shapes,
  ...windows,
};

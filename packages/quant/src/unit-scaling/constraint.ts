import { checkChoice, checkNumber, checkText } from '../validation.ts';

/**
 * How the factors of an operation's value and of its gradient are reconciled:
 *
 * - `mean`: both are their geometric mean;
 * - `output`: both are that of the value;
 * - `none`: each has its own. Gradients then are too large or too small by a constant: right where all of a network passes through, so
 *   that whole layers' gradients differ by it, wrong where two ways meet again.
 */
export type ScaleConstraint = 'mean' | 'output' | 'none';

/** Factors of the value and of the gradient under a constraint. */
export function constrained(where: string, forward: number, backward: number, constraint: ScaleConstraint): [number, number] {
  checkText('constrained', 'where', where);
  checkNumber('constrained', 'forward', forward);
  checkNumber('constrained', 'backward', backward);
  checkChoice(where, 'constraint', constraint, ['mean', 'output', 'none']);
  if (constraint === 'none') return [forward, backward];
  const both = constraint === 'output' ? forward : Math.sqrt(forward * backward);
  return [both, both];
}

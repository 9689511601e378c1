import { checkOptions } from '@x/tensor/arguments';
import { checkChoice, checkNumber, checkObject } from '../validation.ts';

export type TrainingMethod = 'dense' | 'static' | 'set' | 'snfs' | 'rigl' | 'topKast' | 'pruning';

export interface TrainingFlopsOptions {
  /** Of one example forward through the sparse network. */
  readonly sparse: number;
  /** Of one example forward through the dense network. */
  readonly dense: number;
  /** Steps from one change to the next; RigL's only. */
  readonly every?: number;
  /** Of one example forward through all links that are trained; Top-KAST's only. */
  readonly backward?: number;
  /** The sparsity of each step (or of evenly spread ones); pruning's only. */
  readonly sparsities?: readonly number[];
}

/**
 * Floating-point operations of training on one example, forward and both ways back, by RigL's formulas, f_S and f_D
 * being those of a forward pass: dense 3 f_D; static and SET 3 f_S; SNFS 2 f_S + f_D; RigL (3 f_S every + 2 f_S + f_D) /
 * (every + 1); Top-KAST 2 f_A + f_B, A those that take part and B those that are trained; pruning the mean of 3 f_D (1 - sparsity).
 *
 * @throws {RangeError} if an argument is out of range, or the method's own is missing.
 *
 * U. Evci et al., 2019, arXiv 1911.11134.
 */
export function trainingFlops(method: TrainingMethod, options: TrainingFlopsOptions): number {
  checkObject('trainingFlops', 'options', options, ['sparse', 'dense']);
  checkOptions('trainingFlops', options);
  const { sparse, dense, every, backward, sparsities } = options;
  const where = 'trainingFlops';
  checkChoice(where, 'method', method, ['dense', 'static', 'set', 'snfs', 'rigl', 'topKast', 'pruning']);
  checkNumber(where, 'sparse', sparse, { least: 0 });
  checkNumber(where, 'dense', dense, { least: sparse });
  switch (method) {
    case 'dense':
      return 3 * dense;
    case 'static':
    case 'set':
      return 3 * sparse;
    case 'snfs':
      return 2 * sparse + dense;
    case 'rigl':
      checkNumber(where, 'every', every, { least: 1, whole: true });
      return (3 * sparse * every! + 2 * sparse + dense) / (every! + 1);
    case 'topKast':
      checkNumber(where, 'backward', backward, { least: sparse });
      return 2 * sparse + backward!;
    case 'pruning':
      if (!sparsities?.length)
        throw new RangeError(`${where}: sparsities is ${sparsities ? 'empty' : 'undefined'}, but pruning needs that of each step.`);
      return 3 * dense * (1 - sparsities.reduce((sum, sparsity) => sum + sparsity, 0) / sparsities.length);
  }
}

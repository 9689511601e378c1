import { denseFanInUniform } from '../layers/initializers.ts';
import type { CsrPattern } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { checkFraction, checkNumber, checkObject } from '../validation.ts';
import { keepImportant } from './importance-pruning.ts';
import { keepBySign, replaceDropped } from './set.ts';
import type { LayerView, Topology } from './topology.ts';

export interface TrulySparseOptions {
  readonly stepsPerEpoch: number;
  /** After the last epoch nothing changes. */
  readonly epochs: number;
  /** Part of the links that is replaced after each epoch. Default 0.3. */
  readonly fraction?: number;
  /** Hidden neurons are pruned after every so many epochs, once `after` have gone by, the least important `fraction` of them; false: never. Default 10, 200, 0.2. */
  readonly importance?: { readonly every?: number; readonly after?: number; readonly fraction?: number } | false;
}

/**
 * The topology of "Truly Sparse Neural Networks at Scale", sequential: SET by sign after every epoch but the last, in all
 * layers but the last; and from an epoch on, importance pruning of hidden neurons just before it, whose links don't grow again elsewhere.
 *
 * Their recipe around it: epsilon 20 ({@link erdosRenyiDensity}), {@link allReLU} 0.6, `denseFanInUniform()`, batches of
 * 128, learning rate 0.01, momentum 0.9, dropout 0.3, each weight made smaller by 2e-4 of itself a step. New values are
 * drawn as the first ones are.
 *
 * @throws {RangeError} if an option is out of range.
 *
 * S. Curci, D. C. Mocanu, M. Pechenizkiy, 2021, arXiv 2102.01732.
 */
export function trulySparse(options: TrulySparseOptions): Topology {
  checkObject('trulySparse', 'options', options, ['stepsPerEpoch', 'epochs']);
  checkOptions('trulySparse', options);
  const { stepsPerEpoch, epochs, fraction = 0.3, importance = {} } = options;
  const where = 'trulySparse';
  checkNumber(where, 'stepsPerEpoch', stepsPerEpoch, { least: 1, whole: true });
  checkNumber(where, 'epochs', epochs, { least: 1, whole: true });
  checkFraction(where, 'fraction', fraction);
  const { every = 10, after = 200, fraction: pruned = 0.2 } = importance || {};
  checkNumber(where, 'importance.every', every, { least: 1, whole: true });
  checkNumber(where, 'importance.after', after, { least: 0, whole: true });
  checkFraction(where, 'importance.fraction', pruned);
  const draw = denseFanInUniform();
  const evolve = ({ pattern, values, key }: LayerView, epoch: number): ReturnType<typeof replaceDropped> => {
    const prunes = importance !== false && epoch > after && epoch % every === 0;
    const important = prunes ? keepImportant(pattern, values, pruned) : new Uint8Array(values.length).fill(1);
    // SET sees what pruning left: the signs' parts are those of the links that are still there, and its zeros go.
    const left = values.map((value, q) => (important[q] === 1 ? value : 0));
    const count = important.reduce((sum, flag) => sum + flag, 0);
    return replaceDropped({ pattern, key }, keepBySign(left, fraction), count, (grown, own) => draw(asPattern(pattern, grown), own));
  };
  return {
    name: where,
    replacesStep: false,
    due: (step) => (step + 1) % stepsPerEpoch === 0 && step + 1 < epochs * stepsPerEpoch,
    watches: () => false,
    *plan(layers, step) {
      for (const layer of layers.slice(0, -1)) yield evolve(layer, (step + 1) / stepsPerEpoch - 1);
    },
  };
}

/** As much of a pattern as an initializer of dense fan-in looks at. */
function asPattern({ columns }: CsrPattern, nonZeros: number): CsrPattern {
  return { columns, nonZeros } as CsrPattern;
}

import { keepLargest } from '@x/tensor/sparse';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { nonZerosOf } from '../distribution/non-zeros.ts';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { applyRewiring } from '../topology/apply-rewiring.ts';
import { keepAcross } from '../topology/keep-across.ts';
import { checkArray, checkChoice, checkFraction, checkObject, show } from '../validation.ts';

/** How much of a network is kept, and among what. */
export interface PruneOptions {
  /** Part of the weights that is kept, of all positions of the layers' matrices. */
  readonly density: number;
  /** Whether the scores of all layers compete, or those of each. */
  readonly scope?: 'global' | 'layer';
}

/**
 * Keeps the non-zeros with the highest scores in a network's sparse layers. Equal scores: the earlier one.
 *
 * @param scores For each sparse layer, in order, a score a non-zero.
 * @throws {RangeError} if the scores don't fit the layers or an option is out of range; nothing is changed then.
 */
export function prune(net: Layer, scores: readonly Float32Array[], options: PruneOptions): void {
  checkArray('prune', 'scores', scores);
  checkObject('prune', 'options', options, ['density']);
  checkOptions('prune', options);
  const { density, scope = 'global' } = options;
  checkFraction('prune', 'density', density);
  checkChoice('prune', 'scope', scope, ['global', 'layer']);
  const layers = sparseLayers(net).map(({ layer }) => layer);
  if (scores.length !== layers.length || scores.some(({ length }, index) => length !== layers[index]!.pattern.nonZeros))
    throw new RangeError(
      `prune: there are scores for ${show(scores.map(({ length }) => length))} non-zeros, but the layers have ${show(layers.map(({ pattern }) => pattern.nonZeros))}.`,
    );
  const sizes = layers.map(({ inputs, units }) => inputs * units);
  const keeps =
    scope === 'global'
      ? keepAcross(
          scores,
          nonZerosOf(
            density,
            sizes.reduce((sum, size) => sum + size, 0),
          ),
        )
      : scores.map((own, index) => keepLargest(own, nonZerosOf(density, sizes[index]!)));
  keeps.forEach((keep, index) => applyRewiring(layers[index]!, { keep, grown: new Float64Array(0) }, []));
}

/** Keeps the non-zeros of greatest magnitude, in one go. */
export function pruneByMagnitude(net: Layer, options: PruneOptions): void {
  checkObject('pruneByMagnitude', 'options', options, ['density']);
  checkOptions('pruneByMagnitude', options);
  const scores = sparseLayers(net).map(({ layer }) =>
    (layer.variables.values.dataSync() as Float32Array).slice(0, layer.pattern.nonZeros).map(Math.abs),
  );
  prune(net, scores, options);
}

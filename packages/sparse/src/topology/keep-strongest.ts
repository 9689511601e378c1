import { nonZerosOf } from '../distribution/non-zeros.ts';
import { checkChoice } from '../validation.ts';
import type { ValuedRewiring } from './apply-rewiring.ts';
import { keepAcross } from './keep-across.ts';
import type { LayerView } from './topology.ts';

/** Leaves the links of greatest magnitude: `density` of each layer's positions, or of those of all layers together. */
export function keepStrongest(where: string, layers: readonly LayerView[], density: number, scope: 'layer' | 'global'): ValuedRewiring[] {
  checkChoice(where, 'scope', scope, ['layer', 'global']);
  const sizes = layers.map(({ pattern }) => pattern.rows * pattern.columns);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const keeps =
    scope === 'global'
      ? keepAcross(
          layers.map(({ values }) => values),
          nonZerosOf(density, all),
          'magnitude',
        )
      : layers.map(({ strongest }, index) => strongest(nonZerosOf(density, sizes[index]!)));
  return keeps.map((keep) => ({ keep, grown: new Float64Array(0) }));
}

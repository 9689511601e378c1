import { mul, tidy } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { checkNumber } from '../validation.ts';

export interface RescaleOptions {
  /** What the sum of a unit's squared weights is to be, in the layer's mean: the variance of the edge of chaos, see {@link edgeOfChaos}. Default 2, for rectifiers. */
  readonly variance?: number;
}

/**
 * Hayou's rescaling trick: after pruning, each sparse layer's weights are multiplied by sqrt(variance / mean over the units of
 * sum(w²)), which brings a network that began on the edge of chaos back to it. A layer without links is left as it is.
 *
 * @throws {RangeError} if the variance is not above 0.
 *
 * S. Hayou, J.-F. Ton, A. Doucet, Y. W. Teh, "Robust Pruning at Initialization", 2020, arXiv 2002.08797.
 */
export function rescale(net: Layer, options: RescaleOptions = {}): void {
  const { variance = 2 } = checkOptions('rescale', options);
  checkNumber('rescale', 'variance', variance, { above: 0 });
  for (const { layer } of sparseLayers(net)) {
    const { values } = layer.variables;
    const power = (values.dataSync() as Float32Array).reduce((sum, value) => sum + value * value, 0) / layer.units;
    if (power > 0) tidy(() => values.assign(mul(values, Math.sqrt(variance / power))));
  }
}

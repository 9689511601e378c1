import { checkObject } from '../validation.ts';
import { dispose, variableGrads, type Scalar } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, type Batch, type Layer, type Loss } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { prune, type PruneOptions } from './prune.ts';

export interface SnipOptions extends PruneOptions {
  /** Default softmaxCrossEntropy. */
  readonly loss?: Loss;
}

/**
 * SNIP: prunes a network before training to the weights whose removal would change the loss of one batch most,
 * by the score |w dL/dw|.
 *
 * Begin with layers of density 1 (or of any denser support to choose from). Scope `global`, the paper's, ranks all
 * layers' weights together, biases excepted, which stay dense; `layer`, as in RigL's code, each by itself.
 *
 * @throws {RangeError} if an option is out of range; nothing is changed then.
 *
 * N. Lee, T. Ajanthan, P. Torr, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", 2018, arXiv 1810.02340.
 */
export function snip(net: Layer, batch: Batch, options: SnipOptions): void {
  checkObject('snip', 'batch', batch);
  checkObject('snip', 'options', options, ['density']);
  checkOptions('snip', options);
  const { loss = softmaxCrossEntropy, ...pruning } = options;
  const layers = sparseLayers(net).map(({ layer }) => layer);
  const { value, grads } = variableGrads(
    () => loss(net.apply(batch.x), batch.y) as Scalar,
    layers.map(({ variables }) => variables.values),
  );
  try {
    const scores = layers.map(({ variables, pattern }) =>
      saliency(variables.values.dataSync() as Float32Array, grads[variables.values.name]!.dataSync() as Float32Array, pattern.nonZeros),
    );
    prune(net, scores, pruning);
  } finally {
    dispose([value, ...Object.values(grads)]);
  }
}

/** |w g| of the non-zeros. */
export function saliency(values: Float32Array, gradient: Float32Array, nonZeros: number): Float32Array {
  return Float32Array.from({ length: nonZeros }, (_, q) => Math.abs(values[q]! * gradient[q]!));
}

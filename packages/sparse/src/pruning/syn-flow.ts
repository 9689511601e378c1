import { abs, dispose, ones, sum, tidy, variableGrads, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { checkFraction, checkNumber, checkObject, checkShape } from '../validation.ts';
import { prune } from './prune.ts';
import { saliency } from './snip.ts';

export interface SynFlowOptions {
  /** Part of the weights that is kept. */
  readonly density: number;
  /** Shape of one input, such as [784]. */
  readonly inputShape: readonly number[];
  /** Prunings, between which the scores are taken anew. Default 100. */
  readonly rounds?: number;
}

/**
 * SynFlow: prunes a network before training, without data, by what flows through each weight when all are positive:
 * the score |w dR/dw| for R = sum(f(1)) with every weight |w|. In `rounds` steps of density^(i/rounds), because a
 * single one can cut a layer off.
 *
 * @throws {RangeError} if an option is out of range; nothing is changed then.
 *
 * H. Tanaka et al., "Pruning neural networks without any data by iteratively conserving synaptic flow", 2020, arXiv 2006.05467.
 */
export function synFlow(net: Layer, options: SynFlowOptions): void {
  checkObject('synFlow', 'options', options, ['density', 'inputShape']);
  checkOptions('synFlow', options);
  const { density, inputShape, rounds = 100 } = options;
  checkFraction('synFlow', 'density', density);
  checkShape('synFlow', 'inputShape', inputShape);
  checkNumber('synFlow', 'rounds', rounds, { least: 1, whole: true });
  const layers = sparseLayers(net).map(({ layer }) => layer);
  for (let round = 1; round <= rounds; round++) {
    const scores = withPositive(Object.values(net.variables), () => {
      const { value, grads } = variableGrads(
        () => sum(net.apply(ones([1, ...inputShape]))) as Scalar,
        layers.map(({ variables }) => variables.values),
      );
      const all = layers.map(({ variables, pattern }) =>
        saliency(variables.values.dataSync() as Float32Array, grads[variables.values.name]!.dataSync() as Float32Array, pattern.nonZeros),
      );
      dispose([value, ...Object.values(grads)]);
      return all;
    });
    prune(net, scores, { density: density ** (round / rounds) });
  }
}

/** Runs with the variables' sizes in place of their values. */
function withPositive<T>(variables: readonly Variable[], run: () => T): T {
  const kept = variables.map((variable) => variable.clone());
  const put = (values: (index: number) => Tensor): void =>
    variables.forEach((variable, index) => tidy(() => variable.assign(values(index))));
  try {
    put((index) => abs(kept[index]!));
    return run();
  } finally {
    put((index) => kept[index]!.clone());
    dispose(kept);
  }
}

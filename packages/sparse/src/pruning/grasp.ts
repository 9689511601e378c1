import { dispose, div, variableGrads, type Scalar, type Tensor, tidy, tensor1d } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy, type Batch, type Layer, type Loss } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { checkNumber, checkObject } from '../validation.ts';
import { prune, type PruneOptions } from './prune.ts';

export interface GraspOptions extends PruneOptions {
  /** Default softmaxCrossEntropy. */
  readonly loss?: Loss;
  /** The network's output is divided by it, so that the loss is not flat where it is sure. Default 200, the paper's. */
  readonly temperature?: number;
  /** Step of the difference that stands for the second derivative, relative to the weights' length. Default 0.01. */
  readonly step?: number;
}

/**
 * GraSP: prunes a network before training so that the gradient's flow after it is greatest, by the score w · H g of each
 * weight, H the Hessian of the loss of one batch and g its gradient; those of highest score stay.
 *
 * Gradients of gradients don't exist for fused kernels, so H g is a central difference of gradients along g:
 * (g(w + e g) - g(w - e g)) / 2e, with e |g| = step · |w|. Its error is of the order step²: the scores of a smooth
 * network agree to about 1e-3 of the largest with exact ones; at the kinks of rectifiers both are estimates.
 *
 * Begin with layers of density 1. Scope `global` is the paper's.
 *
 * @throws {RangeError} if an option is out of range; nothing is changed then.
 *
 * C. Wang, G. Zhang, R. Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow", 2020, arXiv
 * 2002.07376, whose score is the negative of this one, as in Tanaka et al.'s code.
 */
export function grasp(net: Layer, batch: Batch, options: GraspOptions): void {
  checkObject('grasp', 'options', options, ['density']);
  checkOptions('grasp', options);
  const { loss = softmaxCrossEntropy, temperature = 200, step = 0.01, ...pruning } = options;
  prune(net, graspScores(net, batch, { loss, temperature, step }), pruning);
}

/** GraSP's scores, for each sparse layer a score a non-zero; the network is left as it was. */
export function graspScores(net: Layer, batch: Batch, options: Omit<GraspOptions, keyof PruneOptions> = {}): Float32Array[] {
  const { loss = softmaxCrossEntropy, temperature = 200, step = 0.01 } = checkOptions('graspScores', options);
  checkObject('graspScores', 'batch', batch);
  checkNumber('grasp', 'temperature', temperature, { above: 0 });
  checkNumber('grasp', 'step', step, { above: 0 });
  const layers = sparseLayers(net).map(({ layer }) => layer);
  const softened = (): Scalar => tidy(() => loss(div(net.apply(batch.x), temperature), batch.y)) as Scalar;
  const values = layers.map(({ variables }) => variables.values.dataSync().slice() as Float32Array);
  const gradients = gradientsOf(layers, softened);
  const length = norm(gradients);
  if (length === 0) return layers.map(({ pattern }) => new Float32Array(pattern.nonZeros));
  const epsilon = (step * norm(values)) / length;
  const shifted = (by: number): Float32Array[] => {
    layers.forEach(({ variables }, index) =>
      assign(
        variables.values,
        values[index]!.map((value, q) => value + by * gradients[index]![q]!),
      ),
    );
    return gradientsOf(layers, softened);
  };
  try {
    const [ahead, behind] = [shifted(epsilon), shifted(-epsilon)];
    return layers.map(({ pattern }, index) =>
      values[index]!.slice(0, pattern.nonZeros).map((value, q) => (value * (ahead[index]![q]! - behind[index]![q]!)) / (2 * epsilon)),
    );
  } finally {
    layers.forEach(({ variables }, index) => assign(variables.values, values[index]!));
  }
}

function gradientsOf(layers: readonly SparseLinearLayer[], loss: () => Scalar): Float32Array[] {
  const { value, grads } = variableGrads(
    loss,
    layers.map(({ variables }) => variables.values),
  );
  const gradients = layers.map(({ variables }) => grads[variables.values.name]!.dataSync().slice() as Float32Array);
  dispose([value, ...Object.values(grads)]);
  return gradients;
}

function assign(variable: { assign(value: Tensor): void }, values: Float32Array): void {
  tidy(() => variable.assign(tensor1d(values)));
}

function norm(arrays: readonly Float32Array[]): number {
  return Math.sqrt(arrays.reduce((sum, array) => array.reduce((own, value) => own + value * value, sum), 0));
}

import type { ActivationName } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { checkChoice, checkNumber } from '../validation.ts';

export interface EdgeOfChaosOptions {
  /** Variance of the biases. Default 0. */
  readonly biasVariance?: number;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
}

/**
 * The variance of weights that puts a deep network on the edge of chaos, where neither signals nor gradients die out:
 * w ~ N(0, variance / fan-in) with variance · E[f'(sqrt(q) Z)²] = 1, q the fixed point of q = biasVariance + variance · E[f(sqrt(q) Z)²].
 *
 * Pruning by gradients off the edge takes whole layers away. It is `inDegreeNormal`'s `gain` and {@link rescale}'s `variance`.
 *
 * @returns 2 for relu, 1 for linear and tanh without biases, and so on.
 * @throws {RangeError} if there is no edge for the activation, or biases have a variance where it allows none.
 * @example
 * sparseLinear(784, 300, { density: 1, activation: 'tanh', init: inDegreeNormal({ gain: edgeOfChaos('tanh') }), key });
 *
 * S. Hayou, A. Doucet, J. Rousseau, 2019, arXiv 1902.06853; for pruning: S. Hayou et al., 2020, arXiv 2002.08797.
 */
export function edgeOfChaos(activation: ActivationName, options: EdgeOfChaosOptions = {}): number {
  const { biasVariance = 0, slope = 0.01 } = checkOptions('edgeOfChaos', options);
  const where = 'edgeOfChaos';
  checkChoice(where, 'activation', activation, ['linear', 'relu', 'leakyRelu', 'tanh']);
  checkNumber(where, 'slope', slope);
  if (activation !== 'tanh') {
    checkNumber(where, 'biasVariance', biasVariance, {
      least: 0,
      most: 0,
      remedy: `With biases '${activation}' has no edge of chaos; begin with biases of 0.`,
    });
    return activation === 'linear' ? 1 : 2 / (1 + (activation === 'relu' ? 0 : slope ** 2));
  }
  checkNumber(where, 'biasVariance', biasVariance, { least: 0 });
  return biasVariance === 0 ? 1 : ofTanh(biasVariance);
}

/** By bisection in q: on the edge the variance is 1 / E[f'²], and q minus its map rises through 0. */
function ofTanh(biasVariance: number): number {
  const varianceAt = (q: number): number => 1 / expectation((z) => (1 - Math.tanh(Math.sqrt(q) * z) ** 2) ** 2);
  const excess = (q: number): number => q - biasVariance - varianceAt(q) * expectation((z) => Math.tanh(Math.sqrt(q) * z) ** 2);
  let low = 0;
  let high = biasVariance;
  while (excess(high) < 0 && high < 1e6) high = 2 * high + 1;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return varianceAt((low + high) / 2);
}

/** E[f(Z)] of a standard normal Z, by the trapezoidal rule, which converges exponentially here. */
function expectation(f: (z: number) => number): number {
  const step = 1 / 64;
  let sum = 0;
  for (let z = -9; z <= 9; z += step) sum += f(z) * Math.exp((-z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

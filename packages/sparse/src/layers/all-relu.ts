import { activationLayer, type Layer } from '@x/tensor';
import { checkNumber } from '../validation.ts';

/**
 * All-ReLU for the hidden layer of the given number, counted from 1: x where x > 0, else slope · x, the slope -alpha
 * for odd hidden layers and +alpha for even ones. It keeps a sparse network's gradients alive without parameters.
 *
 * @param alpha Default 0.6, the paper's for (Fashion-)MNIST; 0.75 for CIFAR-10.
 * @throws {RangeError} if an argument is out of range.
 * @example
 * sequential([sparseLinear(784, 1000, { density: 0.05, key }), allReLU(1), ...]);
 *
 * S. Curci, D. C. Mocanu, M. Pechenizkiy, "Truly Sparse Neural Networks at Scale", 2021, arXiv 2102.01732, which
 * counts the input as layer 1, so that its even layers are our odd ones.
 */
export function allReLU(hiddenLayer: number, alpha = 0.6): Layer {
  checkNumber('allReLU', 'hiddenLayer', hiddenLayer, { least: 1, whole: true });
  checkNumber('allReLU', 'alpha', alpha);
  return activationLayer('leakyRelu', { slope: hiddenLayer % 2 === 1 ? -alpha : alpha });
}

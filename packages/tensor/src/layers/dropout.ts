import { clone, mul, tensor, tidy, where, zerosLike, type GradConfig, type Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../gradients/define-gradient.ts';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { hasKernel, needGradient, needGradients, runKernel } from '../ops/kernel.ts';
import { bits } from '../random/bits.ts';
import type { Layer } from './layer.ts';

const KERNEL = 'XDropout';

/** A {@link dropout} layer. */
export interface DropoutLayer extends Layer {
  readonly kind: 'dropout';
  readonly rate: number;
}

/**
 * In training each value is dropped with probability `rate` and the others are divided by 1 - rate; else x unchanged.
 *
 * Value i is dropped if word i of the context's key is below rate · 2^32: the same ones for any number of threads, and
 * again when a pass is done again with the same key.
 *
 * N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014; scaled in training
 * rather than afterwards, as everywhere today.
 *
 * @param rate From 0 to below 1.
 * @throws {RangeError} if the rate is out of range.
 */
export function dropout(rate: number): DropoutLayer {
  checkNumber('dropout', 'rate', rate, { least: 0, below: 1 });
  const threshold = Math.min(Math.ceil(rate * 2 ** 32), 2 ** 32 - 1);
  const scale = 1 / (1 - rate);
  return {
    kind: 'dropout',
    rate,
    variables: {},
    apply: (x, { training = false, key } = {}) => {
      checkTensor('dropout', 'x', x, { dtype: 'float32' });
      needGradients();
      if (!training || rate === 0) return clone(x);
      if (!key) throw new TypeError('dropout: in training the context needs a key: apply(x, { training: true, key: random.key(seed) }).');
      if (hasKernel(KERNEL)) {
        needGradient(dropoutGradient);
        return runKernel<Tensor>(KERNEL, { x }, { key: [...key.words], threshold, scale });
      }
      const words = bits(key, x.size);
      const kept = new Uint8Array(x.size);
      // A loop: `from` with a function takes twenty times as long.
      for (let i = 0; i < kept.length; i++) kept[i] = (words[i] as number) < threshold ? 0 : 1;
      return tidy(() => where(tensor(kept, x.shape, 'bool'), mul(x, scale), zerosLike(x)));
    },
    outputShape: (shape) => shape,
    dispose: () => {},
  };
}

/** The same values dropped and scaled. */
const dropoutGradient: GradConfig = defineGradient<[], object>({
  kernelName: KERNEL,
  gradFunc: (dy, _saved, attributes) => ({ x: () => runKernel<Tensor>(KERNEL, { x: dy }, attributes) }),
});

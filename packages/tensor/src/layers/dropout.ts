import { clone, mul, tensor, tidy } from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import { bits } from '../random/bits.ts';
import type { Layer } from './layer.ts';

/**
 * In training each value is dropped with probability `rate` and the others are divided by 1 - rate; else x unchanged.
 *
 * N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014; scaled in training
 * rather than afterwards, as everywhere today.
 *
 * @param rate From 0 to below 1.
 * @throws {RangeError} if the rate is out of range.
 */
export function dropout(rate: number): Layer {
  checkNumber('dropout', 'rate', rate, { least: 0, below: 1 });
  const dropped = rate * 2 ** 32;
  const kept = 1 / (1 - rate);
  return {
    kind: 'dropout',
    variables: {},
    apply: (x, { training = false, key } = {}) => {
      checkTensor('dropout', 'x', x, { dtype: 'float32' });
      needGradients();
      if (!training || rate === 0) return clone(x);
      if (!key) throw new TypeError('dropout: in training the context needs a key: apply(x, { training: true, key: random.key(seed) }).');
      const words = bits(key, x.size);
      const scale = new Float32Array(x.size);
      // A loop: `from` with a function takes twenty times as long, which was most of a step's time.
      for (let i = 0; i < scale.length; i++) scale[i] = (words[i] as number) < dropped ? 0 : kept;
      return tidy(() => mul(x, tensor(scale, x.shape)));
    },
    outputShape: (shape) => shape,
    dispose: () => {},
  };
}

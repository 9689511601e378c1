import { cast, clone, mul, notEqual, tensor, tidy, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import type { Key } from '@x/tensor';
import { compress, compressBounded, restore, restoreBounded } from '@x/tensor/storage';
import { checkOptions } from '@x/tensor/arguments';
import { checkChoice, checkNumber } from '../validation.ts';

/** Activations in fewer bytes. */
export interface CompressedActivations {
  /** What is kept; the caller disposes it. */
  readonly tensors: readonly Tensor[];
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A way to keep activations for the backward pass. */
export interface ActivationCodec {
  readonly name: string;
  /** @param key Draws what it rounds by, if it does so at random. */
  compress(x: Tensor, key: Key): CompressedActivations;
  decompress(compressed: CompressedActivations): Tensor;
  /** The variance that theory gives each number's error, of x's shape. */
  errorVariance(x: Tensor): Tensor;
}

/**
 * Activations of few bits in groups, each with a least number and a step of float32, rounded up or down at random so that
 * the mean is right: E[x̂] = x, and so gradients computed from x̂ are unbiased. By {@link compress} of `@x/tensor/quant`.
 *
 * @param options.bits 2, 4 or 8. Default 2.
 * @param options.group Numbers that share a range, a multiple of 64. Default 256.
 * @throws {RangeError} if an option is out of range.
 *
 * J. Chen et al., "ActNN: Reducing Training Memory Footprint via 2-Bit Activation Compressed Training", 2021, arXiv 2104.14129;
 * with the same bits in all groups.
 */
export function stochasticCodec(options: { readonly bits?: 2 | 4 | 8; readonly group?: number } = {}): ActivationCodec {
  const { bits = 2, group = 256 } = checkOptions('stochasticCodec', options);
  checkChoice('stochasticCodec', 'bits', String(bits), ['2', '4', '8']);
  checkNumber('stochasticCodec', 'group / 64', group / 64, { least: 1, whole: true });
  return {
    name: `stochastic, ${bits} bits`,
    compress: (x, key) => {
      const { codes, ranges, shape } = compress(x, { key, bits, groupSize: group });
      return { tensors: [codes, ranges], shape, bytes: 4 * (codes.size + ranges.size) };
    },
    decompress: ({ tensors, shape }) => {
      const [codes, ranges] = tensors as [Tensor, Tensor];
      return restore({ codes, ranges, shape, bits, groupSize: group });
    },
    // A number at p between two steps goes up with probability p.
    errorVariance: (x) => {
      const values = x.dataSync() as Float32Array;
      const variances = new Float32Array(values.length);
      for (let begin = 0; begin < values.length; begin += group) {
        const own = values.subarray(begin, begin + group);
        const least = own.reduce((a, b) => Math.min(a, b));
        const step = (own.reduce((a, b) => Math.max(a, b)) - least) / (2 ** bits - 1);
        if (step === 0) continue;
        own.forEach((value, i) => {
          const place = (value - least) / step;
          const p = place - Math.floor(place);
          variances[begin + i] = step ** 2 * p * (1 - p);
        });
      }
      return tensor(variances, x.shape);
    },
  };
}

/**
 * Activations with a bounded error: |x - x̂| ≤ bound for each, and x̂ = 0 where x = 0. By {@link compressBounded} of `@x/tensor`: whole steps of
 * nearly 2 · bound in as few bits as each block of 64 needs; what is beyond 2^14 steps is kept as it is.
 *
 * @param bound From 1e-30 to 1e30; {@link boundForGradientError} gives the one for a wanted error of a gradient.
 * @throws {RangeError} if the bound is out of range.
 *
 * S. Jin et al., "COMET: A Novel Memory-Efficient Deep Learning Training Framework by Using Error-Bounded Lossy Compression", 2021,
 * arXiv 2111.09562; its bound and its law, with this coder instead of SZ's prediction and Huffman codes.
 */
export function boundedCodec(bound: number): ActivationCodec {
  checkNumber('boundedCodec', 'bound', bound, { least: 1e-30, most: 1e30 });
  return {
    name: `error at most ${bound}`,
    compress: (x) => {
      const { codes, shape } = compressBounded(x, bound);
      return { tensors: [codes], shape, bytes: 4 * codes.size };
    },
    decompress: ({ tensors: [codes], shape }) => restoreBounded({ codes: codes as Tensor, shape, bound }),
    errorVariance: (x) => tidy(() => mul(bound ** 2 / 3, cast(notEqual(x, 0), 'float32'))),
  };
}

/** Activations as they are. */
export const exactCodec: ActivationCodec = {
  name: 'float32',
  compress: (x) => ({ tensors: [x], shape: x.shape, bytes: 4 * x.size }),
  decompress: ({ tensors: [x] }) => clone(x as Tensor),
  errorVariance: (x) => zerosLike(x),
};

/**
 * The error bound that leaves a wanted standard deviation of the weight gradient's error: by the law
 * std(dŴ - dW) = bound / √3 · √(Σ δ²), Σ over the gradients that a weight's inputs are multiplied by.
 */
export function boundForGradientError(std: number, sumOfSquares: number): number {
  checkNumber('boundForGradientError', 'std', std, { above: 0 });
  checkNumber('boundForGradientError', 'sumOfSquares', sumOfSquares, { above: 0 });
  return (std * Math.sqrt(3)) / Math.sqrt(sumOfSquares);
}

import { tensor, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import type { Key } from '@x/tensor';
import { compress, restore } from '@x/tensor/quant';
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
export function stochasticCodec({ bits = 2, group = 256 }: { readonly bits?: 2 | 4 | 8; readonly group?: number } = {}): ActivationCodec {
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
  };
}

const BLOCK = 64;

/**
 * Activations with a bounded error: |x - x̂| ≤ bound for each, and x̂ = 0 where x = 0. Whole steps of nearly 2 · bound, in blocks of
 * 64 that each take as many bits as their largest needs; a block of zeros takes a byte.
 *
 * @throws {RangeError} if the bound isn't above 0, or is so small that float32 can't keep it for the numbers given.
 *
 * S. Jin et al., "COMET: A Novel Memory-Efficient Deep Learning Training Framework by Using Error-Bounded Lossy Compression", 2021,
 * arXiv 2111.09562; its bound and its law, with this coder instead of SZ's prediction and Huffman codes.
 */
export function boundedCodec(bound: number): ActivationCodec {
  checkNumber('boundedCodec', 'bound', bound, { above: 0 });
  return {
    name: `error at most ${bound}`,
    compress: (x) => {
      const values = x.dataSync() as Float32Array;
      const size = values.length;
      const step = stepFor(values, bound);
      const steps = new Int32Array(size);
      const widths = new Uint8Array(Math.ceil(size / BLOCK));
      let total = HEAD + widths.length;
      for (let block = 0; block < widths.length; block++) {
        const end = Math.min((block + 1) * BLOCK, size);
        let all = 0;
        for (let i = block * BLOCK; i < end; i++) {
          const q = Math.round((values[i] as number) / step);
          // Zigzag: small numbers of both signs are small.
          all |= steps[i] = q < 0 ? -2 * q - 1 : 2 * q;
        }
        const width = all === 0 ? 0 : 32 - Math.clz32(all);
        widths[block] = width;
        total += width * (BLOCK / 8);
      }
      const bytes = new Uint8Array(Math.ceil(total / 4) * 4);
      new DataView(bytes.buffer).setFloat64(0, step, true);
      bytes.set(widths, HEAD);
      let at = HEAD + widths.length;
      widths.forEach((width, block) => {
        const begin = block * BLOCK;
        for (let i = 0; i < BLOCK && begin + i < size; i++) writeBits(bytes, at * 8 + i * width, width, steps[begin + i] as number);
        at += width * (BLOCK / 8);
      });
      return { tensors: [tensor1d(new Int32Array(bytes.buffer), 'int32')], shape: x.shape, bytes: bytes.length };
    },
    decompress: ({ tensors: [words], shape }) => {
      const { buffer, byteOffset, byteLength } = (words as Tensor).dataSync();
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      const size = shape.reduce((product, length) => product * length, 1);
      const values = new Float32Array(size);
      const step = new DataView(buffer, byteOffset).getFloat64(0, true);
      const blocks = Math.ceil(size / BLOCK);
      let at = HEAD + blocks;
      for (let block = 0; block < blocks; block++) {
        const width = bytes[HEAD + block] as number;
        const end = width === 0 ? 0 : Math.min(BLOCK, size - block * BLOCK);
        for (let i = 0; i < end; i++) {
          const code = readBits(bytes, at * 8 + i * width, width);
          values[block * BLOCK + i] = ((code & 1) === 1 ? -((code + 1) / 2) : code / 2) * step;
        }
        at += width * (BLOCK / 8);
      }
      return tensor(values, [...shape]);
    },
  };
}

/** Bytes of the step. */
const HEAD = 8;

/** Twice the bound, less what rounding to float32 may add to an error. */
function stepFor(values: Float32Array, bound: number): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const rounding = (largest + bound) * 2 ** -24;
  if (!(rounding <= bound / 2))
    throw new RangeError(
      `boundedCodec: bound is ${bound}, but float32 numbers as large as ${largest} are ${2 * rounding} apart; use a larger bound.`,
    );
  return 2 * (bound - rounding);
}

function writeBits(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let done = 0; done < width;) {
    const offset = (at + done) & 7;
    const count = Math.min(8 - offset, width - done);
    bytes[(at + done) >> 3]! |= ((value >>> done) & (2 ** count - 1)) << offset;
    done += count;
  }
}

function readBits(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let done = 0; done < width;) {
    const offset = (at + done) & 7;
    const count = Math.min(8 - offset, width - done);
    value |= (((bytes[(at + done) >> 3] as number) >> offset) & (2 ** count - 1)) << done;
    done += count;
  }
  return value;
}

/**
 * The error bound that leaves a wanted standard deviation of the weight gradient's error: by the law
 * std(dŴ - dW) = bound / √3 · √(Σ δ²), Σ over the gradients that a weight's inputs are multiplied by.
 */
export function boundForGradientError(std: number, sumOfSquares: number): number {
  checkNumber('boundForGradientError', 'std', std, { above: 0 });
  checkNumber('boundForGradientError', 'sumOfSquares', sumOfSquares, { above: 0 });
  return (std * Math.sqrt(3)) / Math.sqrt(sumOfSquares);
}

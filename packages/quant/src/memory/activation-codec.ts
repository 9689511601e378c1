import { random, type Key } from '@x/tensor';
import { checkChoice, checkNumber } from '../validation.ts';

/** Activations in fewer bytes. */
export interface CompressedActivations {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
}

/** A way to keep activations for the backward pass. */
export interface ActivationCodec {
  readonly name: string;
  /** @param key Draws what it rounds by, if it does so at random. */
  compress(values: Float32Array, key: Key): CompressedActivations;
  decompress(compressed: CompressedActivations): Float32Array<ArrayBuffer>;
}

/**
 * Activations of few bits in groups, each with a least number and a step of float32, rounded up or down at random so that
 * the mean is right: E[x̂] = x, and so gradients computed from x̂ are unbiased.
 *
 * @param options.bits 1, 2, 4 or 8. Default 2.
 * @param options.group Numbers that share a range. Default 256.
 * @throws {RangeError} if an option is out of range.
 *
 * J. Chen et al., "ActNN: Reducing Training Memory Footprint via 2-Bit Activation Compressed Training", 2021, arXiv 2104.14129;
 * with the same bits in all groups.
 */
export function stochasticCodec({
  bits = 2,
  group = 256,
}: { readonly bits?: 1 | 2 | 4 | 8; readonly group?: number } = {}): ActivationCodec {
  checkChoice('stochasticCodec', 'bits', String(bits), ['1', '2', '4', '8']);
  checkNumber('stochasticCodec', 'group', group, { least: 8, whole: true });
  const most = 2 ** bits - 1;
  const perByte = 8 / bits;
  const headOf = (size: number): number => Math.ceil(size / group) * 8;
  return {
    name: `stochastic, ${bits} bits`,
    compress: (values, key) => {
      const { length: size } = values;
      const head = headOf(size);
      const bytes = new Uint8Array(head + Math.ceil(size / perByte));
      const ranges = new Float32Array(bytes.buffer, 0, head / 4);
      // 16 random bits a number.
      const draws = new Uint16Array(random.bits(key, Math.ceil(size / 2)).buffer);
      for (let begin = 0, index = 0; begin < size; begin += group, index += 2) {
        const end = Math.min(begin + group, size);
        let [low, high] = [Infinity, -Infinity];
        for (let i = begin; i < end; i++) {
          const value = values[i] as number;
          if (value < low) low = value;
          if (value > high) high = value;
        }
        ranges[index] = low;
        ranges[index + 1] = (high - low) / most;
        const inverse = high > low ? 1 / (ranges[index + 1] as number) : 0;
        for (let i = begin; i < end; i++) {
          const q = Math.min(Math.floor(((values[i] as number) - low) * inverse + ((draws[i] as number) + 0.5) / 65536), most);
          const at = head + Math.floor(i / perByte);
          bytes[at] = (bytes[at] as number) | (q << ((i % perByte) * bits));
        }
      }
      return { bytes, size };
    },
    decompress: ({ bytes, size }) => {
      const head = headOf(size);
      const ranges = new Float32Array(bytes.buffer, bytes.byteOffset, head / 4);
      const values = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        const index = 2 * Math.floor(i / group);
        const q = ((bytes[head + Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & most;
        values[i] = (ranges[index] as number) + q * (ranges[index + 1] as number);
      }
      return values;
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
    compress: (values) => {
      const { length: size } = values;
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
      const bytes = new Uint8Array(total);
      new DataView(bytes.buffer).setFloat64(0, step, true);
      bytes.set(widths, HEAD);
      let at = HEAD + widths.length;
      widths.forEach((width, block) => {
        const begin = block * BLOCK;
        for (let i = 0; i < BLOCK && begin + i < size; i++) writeBits(bytes, at * 8 + i * width, width, steps[begin + i] as number);
        at += width * (BLOCK / 8);
      });
      return { bytes, size };
    },
    decompress: ({ bytes, size }) => {
      const values = new Float32Array(size);
      const step = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
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
      return values;
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

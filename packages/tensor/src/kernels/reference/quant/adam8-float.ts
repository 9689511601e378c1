import type { Adam8Numbers, Adam8State } from './adam8.ts';

/*
 * Codes of running means as 8-bit floats. Of a mean a sign, 4 bits of exponent e and 3 of mantissa m stand for ±((1 + m/8)·2^(e + 1) - 2), from 0 to 122878; of
 * a square 5 and 3 bits for (1 + m/8)·2^(e + 1), from 2 to 1.875·2^32: never 0, so that nothing is divided by 0 that was only too small. A block's largest
 * becomes a little less than the largest code.
 *
 * Over the steps a number between two codes becomes the upper one as often as it is near to it: a golden-ratio sequence is added before it's cut off.
 * Rounded to the nearest, the mean of 1000 steps would stand still, because what a step changes is less than half of what codes lie apart.
 */

/** What a block's largest mean and square are scaled to. */
export const MOST_MEAN = 122876;
export const MOST_SQUARE: number = 1.875 * 2 ** 32 * (1 - 2 ** -16);

/** Parts of 2^32 that a step, and one element of eight or the next eight of 32, are further on in the sequence: the golden ratio's, and one that has little to do with it. */
export const STEP_PART = 0x9e3779b9;
export const ELEMENT_PART = 0x85ebca6b;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const f = Math.fround;

/** Where in the state's bytes an element's code is: of 32 elements, number 8·j + l has byte j of word l. */
export function placeOf(element: number): number {
  return (element & ~31) + 4 * (element & 7) + ((element >> 3) & 3);
}

/** How many parts an element is further on: four of 32 share one. */
function ditherOf(element: number): number {
  return ((element & ~31) >> 2) + (element & 7);
}

/** The number that a code stands for, in units of a block's scale. */
export function float8Mean(code: number): number {
  const size = float8Square(code & 127) - 2;
  return code > 127 ? -size : size;
}

export function float8Square(code: number): number {
  return (1 + (code & 7) / 8) * 2 ** ((code >> 3) + 1);
}

/** The code of a number of at least 2, `dither` from 0 to 2^20 - 1. */
function codeOf(size: number, dither: number): number {
  float[0] = size;
  return ((word[0] as number) + dither - 0x40000000) >>> 20;
}

/** AdamW with its means kept so, a scale for each block: decoded, updated and encoded, in float32. */
export function referenceAdam8Float(
  { value, gradient, m, v, mScales, vScales }: Adam8State,
  { block, learningRate, beta1, beta2, epsilon, step, weightDecay }: Adam8Numbers,
): void {
  const root = Math.sqrt(1 - beta2 ** step);
  const rate = f((learningRate / (1 - beta1 ** step)) * root);
  const keep = f(1 - learningRate * weightDecay);
  const [b1, fresh1, b2, fresh2, e] = [f(beta1), f(1 - beta1), f(beta2), f(1 - beta2), f(epsilon * root)];
  for (let index = 0; index < mScales.length; index++) {
    const begin = index * block;
    const end = Math.min(begin + block, value.length);
    const scale1 = f(b1 * f((mScales[index] as number) / MOST_MEAN));
    const scale2 = f(b2 * f((vScales[index] as number) / MOST_SQUARE));
    const means = new Float32Array(end - begin);
    const squares = new Float32Array(end - begin);
    let [largest1, largest2] = [0, 0];
    for (let i = begin; i < end; i++) {
      const g = gradient[i] as number;
      const mean = f(f(float8Mean(m[placeOf(i)] as number) * scale1) + f(fresh1 * g));
      const square = f(f(float8Square(v[placeOf(i)] as number) * scale2) + f(fresh2 * f(g * g)));
      value[i] = f(keep * (value[i] as number)) - f(f(rate * mean) / f(f(Math.sqrt(square)) + e));
      means[i - begin] = mean;
      squares[i - begin] = square;
      largest1 = Math.max(largest1, Math.abs(mean));
      largest2 = Math.max(largest2, square);
    }
    mScales[index] = largest1;
    vScales[index] = largest2;
    const [factor1, factor2] = [factorOf(MOST_MEAN, largest1), factorOf(MOST_SQUARE, largest2)];
    // Up to the next multiple of 32 the codes of 0 are written.
    for (let i = begin; i < begin + Math.ceil((end - begin) / 32) * 32; i++) {
      const dither = (Math.imul(step, STEP_PART) + Math.imul(ditherOf(i), ELEMENT_PART)) >>> 12;
      const mean = means[i - begin] ?? 0;
      const sign = mean < 0 || Object.is(mean, -0) ? 128 : 0;
      m[placeOf(i)] = sign + codeOf(f(f(Math.abs(mean) * factor1) + 2), dither);
      v[placeOf(i)] = codeOf(Math.max(f((squares[i - begin] ?? 0) * factor2), 2), dither);
    }
  }
}

function factorOf(most: number, largest: number): number {
  return largest > 0 ? Math.min(f(most / largest), f(3e38)) : 0;
}

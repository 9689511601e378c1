import { codeLines, type CodeLines } from '../../quant/code-lines.ts';
import { dynamicCodes } from '../../quant/dynamic-map.ts';

const signed = dynamicCodes(true);
const unsigned = dynamicCodes(false);

/** A parameter, its gradient and its state in 8 bits; all but the gradient are changed. */
export interface Adam8State {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  readonly m: Uint8Array;
  readonly v: Uint8Array;
  readonly mScales: Float32Array;
  readonly vScales: Float32Array;
}

export interface Adam8Numbers {
  /** What bytes stand for: 8-bit floats, or numbers of the dynamic map. Default `float8`. */
  readonly code?: 'dynamic' | 'float8';
  readonly block: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Counted from 1. */
  readonly step: number;
  readonly weightDecay: number;
}

/** AdamW with its means kept as codes of the dynamic map, a scale for each block: decoded, updated and encoded, in float32. */
export function referenceAdam8(state: Adam8State, { block, learningRate, beta1, beta2, epsilon, step, weightDecay }: Adam8Numbers): void {
  const f = Math.fround;
  const rate = f(learningRate / (1 - beta1 ** step));
  const root = f(1 / Math.sqrt(1 - beta2 ** step));
  const keep = f(1 - learningRate * weightDecay);
  const [b1, fresh1, b2, fresh2, e] = [f(beta1), f(1 - beta1), f(beta2), f(1 - beta2), f(epsilon)];
  const { value, gradient, m, v, mScales, vScales } = state;
  for (let index = 0; index < mScales.length; index++) {
    const begin = index * block;
    const end = Math.min(begin + block, value.length);
    const means = new Float32Array(end - begin);
    const squares = new Float32Array(end - begin);
    for (let i = begin; i < end; i++) {
      const g = gradient[i] as number;
      const mean = f(f(b1 * f((signed[m[i] as number] as number) * (mScales[index] as number))) + f(fresh1 * g));
      const square = f(f(b2 * f((unsigned[v[i] as number] as number) * (vScales[index] as number))) + f(fresh2 * f(g * g)));
      value[i] = f(keep * (value[i] as number)) - f(f(rate * mean) / f(f(root * f(Math.sqrt(square))) + e));
      means[i - begin] = mean;
      squares[i - begin] = square;
    }
    mScales[index] = encode(means, m.subarray(begin, end), true);
    vScales[index] = encode(squares, v.subarray(begin, end), false);
  }
}

/** Writes codes and gives their scale. */
function encode(values: Float32Array, codes: Uint8Array, signed: boolean): number {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const code = coding(largest, signed);
  values.forEach((value, i) => (codes[i] = code(value)));
  return largest;
}

const lines: readonly CodeLines[] = [codeLines(false), codeLines(true)];
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/**
 * The nearest of {@link dynamicCodes} · largest, by {@link codeLines} in float32: of two that are equally near but for one part in
 * 2^19 it may be either.
 */
export function coding(largest: number, signed: boolean): (x: number) => number {
  const f = Math.fround;
  const { slope, first, added, top } = lines[Number(signed)] as CodeLines;
  const factor = largest > 0 ? Math.min(f(slope / largest), f(3e38)) : 0;
  const thousandth = f(0.001);
  const [upperFactor, splitAt, topAt, margin] = [f(factor * thousandth), f(thousandth * largest), f(top * largest), f(0.2)];
  return (x) => {
    const size = Math.abs(x);
    const upper = size > splitAt;
    const z = f(size * (upper ? upperFactor : factor));
    const five = f(z * 5);
    const least = Math.min(f(f(z * first) + added[0]), f(f(five * 5) + added[1]), f(five + added[2]), f(z + added[3]));
    const u = upper ? least * 8 : least;
    // The largest number below the next power of two.
    float[0] = u - margin;
    word[0]! |= 0x7fffff;
    const whole = Math.trunc(Math.min(u, float[0] as number));
    return (signed && x < 0 ? -whole : whole) - (x <= topAt ? 1 : 0) + (signed ? 128 : 0);
  };
}

import { codeBounds, codeOf, dynamicCodes } from '../../quant/dynamic-map.ts';

const signed = dynamicCodes(true);
const unsigned = dynamicCodes(false);
const bounds = { signed: codeBounds(signed), unsigned: codeBounds(unsigned) };

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
    mScales[index] = encode(means, m.subarray(begin, end), bounds.signed);
    vScales[index] = encode(squares, v.subarray(begin, end), bounds.unsigned);
  }
}

/** Writes codes and gives their scale. */
function encode(values: Float32Array, codes: Uint8Array, limits: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const inverse = largest > 0 ? Math.fround(1 / largest) : 0;
  values.forEach((value, i) => (codes[i] = codeOf(Math.fround(value * inverse), limits)));
  return largest;
}

import { checkReal } from '../validation.ts';
import { quantizeMultiplier, type QuantizedMultiplier } from './requantize.ts';

/** Largest difference from the maximum that a TFLite softmax still looks at, ⌊(2^integerBits - 1) · 2^(31 - integerBits) / 2^leftShift⌋. */
export function inputRadius(integerBits: number, leftShift: number, totalBits: number = 31): number {
  checkReal('inputRadius', 'integerBits', integerBits);
  checkReal('inputRadius', 'leftShift', leftShift);
  checkReal('inputRadius', 'totalBits', totalBits);
  return Math.floor(((2 ** integerBits - 1) * 2 ** (totalBits - integerBits)) / 2 ** leftShift);
}

/** TFLite's PreprocessSoftmaxScaling: min(beta · scale · 2^(31 - integerBits), 2^31 - 1) as a quantized multiplier. */
export function softmaxScaling(beta: number, scale: number, integerBits: number): QuantizedMultiplier {
  checkReal('softmaxScaling', 'beta', beta);
  checkReal('softmaxScaling', 'scale', scale);
  checkReal('softmaxScaling', 'integerBits', integerBits);
  return quantizeMultiplier(Math.min(beta * scale * 2 ** (31 - integerBits), 2 ** 31 - 1));
}

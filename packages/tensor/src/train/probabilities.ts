import { softmax, type Tensor } from '@tensorflow/tfjs-core';
import { checkChoice } from '../ops/arguments.ts';

export interface ProbabilityOptions {
  /** What the network gives: logits, whose softmax is taken, or probabilities. Default `logits`. */
  readonly from?: 'logits' | 'probabilities';
}

/** The probabilities of an output. @throws {RangeError} if `from` is neither. */
export function probabilitiesOf(where: string, output: Tensor, from: 'logits' | 'probabilities'): Tensor {
  checkChoice(where, 'from', from, ['logits', 'probabilities']);
  return from === 'logits' ? softmax(output) : output;
}

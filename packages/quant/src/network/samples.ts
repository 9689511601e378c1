import { Tensor, keep, clone } from '@tensorflow/tfjs-core';
import { show } from '../validation.ts';

/** Inputs to calibrate with: one batch, or batches one after another. */
export type Samples = Tensor | Iterable<Tensor> | AsyncIterable<Tensor>;

/**
 * Batches, held until they are disposed, because calibration goes through them more than once.
 *
 * @throws {TypeError | RangeError} if there is none, or one is no tensor of numbers of at least one example.
 */
export async function holdSamples(where: string, samples: unknown): Promise<Tensor[]> {
  const held: Tensor[] = [];
  const hold = (batch: unknown): void => {
    if (!(batch instanceof Tensor) || !['float32', 'int32'].includes(batch.dtype) || batch.rank < 2)
      throw new TypeError(
        `${where}: calibrate holds ${batch instanceof Tensor ? `${batch.dtype}[${batch.shape.join(', ')}]` : show(batch)}, but must hold tensors [examples, ...] of float32, or of int32 where the network begins with an embedding.`,
      );
    if (batch.size > 0) held.push(keep(clone(batch)));
  };
  try {
    if (samples instanceof Tensor) hold(samples);
    else if (typeof samples === 'object' && samples !== null && (Symbol.iterator in samples || Symbol.asyncIterator in samples))
      for await (const batch of samples as AsyncIterable<Tensor>) hold(batch);
    else throw new TypeError(`${where}: calibrate is ${show(samples)}, but must be a tensor of inputs, or an iterable of such.`);
    if (held.length === 0)
      throw new RangeError(`${where}: calibrate holds no sample; give it some typical inputs, such as 100 training examples.`);
    return held;
  } catch (error) {
    for (const batch of held) batch.dispose();
    throw error;
  }
}

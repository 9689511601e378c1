import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AttentionDropout } from '../kernels/attention.ts';
import { runKernel } from './kernel.ts';

interface Attributes {
  readonly causal: boolean;
  readonly scale: number;
  readonly dropout?: AttentionDropout | undefined;
  readonly heads?: number;
}

/** Runs a kernel of attention, a block of scores at a time; they are computed again for its gradient, which is in the operands alone. */
export function runAttention(
  name: string,
  operands: Readonly<Record<string, Tensor>>,
  mask: Tensor | undefined,
  attributes: Attributes,
): Tensor {
  return tf.tidy(() => {
    const names = Object.keys(operands);
    const masks: Record<string, Tensor> = mask ? { mask: mask.dtype === 'bool' ? addendOf(mask) : mask } : {};
    const named = (tensors: readonly Tensor[]): Record<string, Tensor> =>
      Object.fromEntries(names.map((operand, index) => [operand, tensors[index] as Tensor]));
    const run = tf.customGrad((...inputs) => {
      const given = inputs.slice(0, names.length) as Tensor[];
      const save = inputs[names.length] as unknown as tf.GradSaveFunc;
      const [value, sums] = runKernel<[Tensor, Tensor]>(name, { ...named(given), ...masks }, attributes);
      save([...given, value, sums, ...Object.values(masks)]);
      const gradFunc = (dout: Tensor, saved: Tensor[]): Tensor[] => {
        const [out, logSums, savedMask] = saved.slice(names.length) as [Tensor, Tensor, Tensor?];
        const kept = { ...named(saved), out, logSums, dout, ...(savedMask ? { mask: savedMask } : {}) };
        return runKernel<Tensor[]>(`${name}Grad`, kept, attributes);
      };
      return { value, gradFunc };
    });
    return run(...Object.values(operands));
  });
}

/** The mask that is added where one says what is seen. */
function addendOf(sees: Tensor): Tensor {
  return tf.where(sees, tf.zeros(sees.shape), tf.fill(sees.shape, -Infinity));
}

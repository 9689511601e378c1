import * as tf from '@tensorflow/tfjs-core';
import { nonZero } from '../row.ts';
import type { Row } from '../row.ts';

// tfjs's tape takes no complex gradients, so these rules are called by hand, with a complex number as two real inputs.

type Parts = [re: tf.Tensor, im: tf.Tensor];

/** Calls a rule with a complex gradient or saved tensors and returns its only result as two real parts. */
function byHand(kernel: string, dy: tf.Tensor, saved: tf.Tensor[] = []): Parts {
  const [rule] = Object.values(tf.getGradient(kernel).gradFunc(dy, saved, {}));
  const dz = (rule as () => tf.Tensor)();
  return [tf.real(dz), tf.imag(dz)];
}

const stack = (z: tf.Tensor): tf.Tensor => tf.stack([tf.real(z), tf.imag(z)]);
const unstack = (dy: tf.Tensor): tf.Tensor => tf.complex(...(tf.unstack(dy) as Parts));

export const complexRows: Row[] = [
  {
    kernel: tf.ComplexAbs,
    name: 'modulus',
    inputs: [nonZero([5], 1), nonZero([5], 2)],
    op: (re, im) => tf.abs(tf.complex(re, im)),
    backward: ([re, im], dy) => {
      const z = tf.complex(re as tf.Tensor, im as tf.Tensor);
      return byHand(tf.ComplexAbs, dy, [z, tf.abs(z)]);
    },
  },
  {
    kernel: tf.Complex,
    name: 'from its parts',
    inputs: [nonZero([5], 1), nonZero([5], 2)],
    op: (re, im) => stack(tf.complex(re, im)),
    backward: (_, dy) => {
      const { real, imag } = tf.getGradient(tf.Complex).gradFunc(unstack(dy), [], {});
      return [(real as () => tf.Tensor)(), (imag as () => tf.Tensor)()];
    },
  },
  ...([tf.Real, tf.Imag] as const).map((kernel): Row => ({
    kernel,
    name: 'part',
    inputs: [nonZero([5], 1), nonZero([5], 2)],
    op: (re, im) => (kernel === tf.Real ? tf.real : tf.imag)(tf.complex(re, im)),
    backward: (_, dy) => byHand(kernel, dy),
  })),
  ...([tf.FFT, tf.IFFT] as const).flatMap((kernel) =>
    [[4], [2, 5], [2, 2, 3]].map((shape): Row => ({
      kernel,
      name: `shape ${shape.join()}`,
      inputs: [nonZero(shape, 1), nonZero(shape, 2)],
      op: (re, im) => stack((kernel === tf.FFT ? tf.fft : tf.ifft)(tf.complex(re, im))),
      backward: (_, dy) => byHand(kernel, unstack(dy)),
    })),
  ),
];

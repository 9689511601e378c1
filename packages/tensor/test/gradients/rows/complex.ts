import * as tf from '@tensorflow/tfjs-core';
import { nonZero } from '../row.ts';
import type { Row } from '../row.ts';

// tfjs's tape takes no complex gradients, so these rules are called by hand, with a complex number as two real inputs.

export const complexRows: Row[] = [
  {
    kernel: tf.ComplexAbs,
    name: 'modulus',
    inputs: [nonZero([5], 1), nonZero([5], 2)],
    op: (re, im) => tf.abs(tf.complex(re, im)),
    backward: ([re, im], dy) => {
      const z = tf.complex(re as tf.Tensor, im as tf.Tensor);
      const gradients = tf.getGradient(tf.ComplexAbs).gradFunc(dy, [z, tf.abs(z)], {});
      const dz = (gradients['x'] as () => tf.Tensor)();
      return [tf.real(dz), tf.imag(dz)];
    },
  },
];

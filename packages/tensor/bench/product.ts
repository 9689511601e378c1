import * as tf from '@tensorflow/tfjs-core';
import type { Candidate } from '@x-tooling/bench';
import { threads, use } from './backend.ts';

export interface ProductOptions {
  readonly backend?: string;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** On the calling thread alone. */
  readonly alone?: boolean;
}

/** A candidate that multiplies random matrices, m·k by k·n, on a backend. */
export function product(m: number, k: number, n: number, options: ProductOptions = {}): Candidate {
  const { backend = 'x', transposeA = false, transposeB = false, alone = false } = options;
  let a: tf.Tensor2D;
  let b: tf.Tensor2D;
  const multiply = (): void => tf.matMul(a, b, transposeA, transposeB).dispose();
  return {
    setup: async () => {
      await tf.setBackend(backend);
      a = tf.randomUniform(transposeA ? [k, m] : [m, k]);
      b = tf.randomUniform(transposeB ? [n, k] : [k, n]);
    },
    run: () => {
      use(backend);
      if (alone) threads().alone(multiply);
      else multiply();
    },
    teardown: () => tf.dispose([a, b]),
  };
}

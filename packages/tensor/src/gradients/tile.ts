import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor, TileAttrs } from '@tensorflow/tfjs-core';
import { defineGradient, unaryGradient } from './define-gradient.ts';
import { passToShape, sumAxes } from './sum-to-shape.ts';

/** `dx = dy` summed over the copies, in one sum whatever the rank. */
export const tileGradient: GradConfig = defineGradient<[Tensor], TileAttrs>({
  kernelName: tf.Tile,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { reps }) => ({
    x: () => {
      const copies = x.shape.flatMap((size, i) => [
        { size: reps[i] ?? 1, summed: true },
        { size, summed: false },
      ]);
      const dx = sumAxes(dy, copies, x.shape);
      return dx === dy ? tf.clone(dy) : dx;
    },
  }),
});

/** `dx = dy` summed over the broadcast axes. */
export const broadcastToGradient: GradConfig = unaryGradient(tf.BroadcastTo, (dy, x) => passToShape(dy, x.shape));

import * as tf from '@tensorflow/tfjs-core';
import type { ImagePart } from '@x-tooling/datasets';
import { disposeState, trainable, trainStep, type Layer, type Profile, type ProfileSummary, type Runtime } from '@x/tensor';
import { normalise } from './images.ts';
import { loss, optimizerFor } from './recipe.ts';

/** Where the time of one step of training goes. */
export interface StepProfile {
  readonly batch: number;
  /** Steps that were profiled; the numbers are those of the fastest. */
  readonly steps: number;
  /** Of the whole step; what the kernels don't account for is JavaScript's. */
  readonly milliseconds: number;
  /** By kernel, the costliest first. */
  readonly kernels: readonly ProfileSummary[];
}

/** Steps before the one that is profiled, in which the engine compiles the JavaScript around the kernels. */
const WARM_UP = 10;
const STEPS = 5;

/** Profiles steps of training on a network of its own, by the recipe of the real one. */
export async function profileStep(
  runtime: Runtime,
  { images, labels, count }: ImagePart,
  { make, batch: wanted }: { make: () => Layer; batch: number },
): Promise<StepProfile> {
  const batch = Math.min(wanted, count);
  const net = make();
  const optimizer = optimizerFor(WARM_UP + STEPS);
  const state = optimizer.init(trainable(net));
  const pixels = images.length / count;
  const x = tf.tidy(() => normalise(tf.tensor2d(Float32Array.from(images.subarray(0, batch * pixels)), [batch, pixels])));
  const y = tf.tensor1d(labels.subarray(0, batch), 'int32');
  const step = (): void => trainStep(net, { x, y }, { optimizer, state, loss }).dispose();
  try {
    for (let i = 0; i < WARM_UP; i++) step();
    const profiles: Profile<void>[] = [];
    for (let i = 0; i < STEPS; i++) profiles.push(await runtime.profile(step));
    const fastest = profiles.reduce((best, profile) => (profile.milliseconds < best.milliseconds ? profile : best));
    return { batch, steps: STEPS, milliseconds: fastest.milliseconds, kernels: fastest.summary };
  } finally {
    tf.dispose([x, y]);
    disposeState(state);
    net.dispose();
  }
}

import * as tf from '@tensorflow/tfjs-core';
import type { ModelName } from '../training/model-names.ts';
import { tfjsProgram } from './tfjs-program.ts';

export interface BackendSpeed {
  readonly backend: string;
  /** Images in a step; few on a backend that is slow. */
  readonly batch: number;
  readonly millisecondsPerStep: number;
  readonly imagesPerSecond: number;
}

const PIXELS = 28;
const CLASSES = 10;
const BATCH = 64;
/** What a backend gets whose first step of so few images takes longer than `SLOW_MS`. */
const FEW = 8;
const SLOW_MS = 600;
/** Steps that are measured: as many as fit into this time, one at least. */
const MEASURE_MS = 2500;
const MOST_STEPS = 40;

/**
 * How fast a backend trains the model, which must be registered: the median of some steps after one or two that aren't counted.
 *
 * @throws Error if the backend can't train it.
 */
export async function measureBackend(backend: string, model: ModelName): Promise<BackendSpeed> {
  if (!(await tf.setBackend(backend))) throw new Error(backend === 'webgl' ? 'this browser gives it no WebGL' : 'it doesn’t start here');
  const program = tfjsProgram(model, PIXELS * PIXELS, CLASSES);
  try {
    const first = await timeStep(program, FEW);
    const batch = first > SLOW_MS ? FEW : BATCH;
    if (batch !== FEW) await timeStep(program, batch);
    const times: number[] = [];
    const end = performance.now() + MEASURE_MS;
    while (times.length === 0 || (times.length < MOST_STEPS && performance.now() < end)) times.push(await timeStep(program, batch));
    const millisecondsPerStep = times.toSorted((a, b) => a - b)[times.length >> 1]!;
    return { backend, batch, millisecondsPerStep, imagesPerSecond: (1000 * batch) / millisecondsPerStep };
  } finally {
    program.dispose();
  }
}

async function timeStep(program: ReturnType<typeof tfjsProgram>, batch: number): Promise<number> {
  // Random pixels take as long as any others.
  const images = tf.randomNormal<tf.Rank.R4>([batch, PIXELS, PIXELS, 1]);
  const targets = tf.tidy(
    () =>
      tf.oneHot(
        tf.tensor1d(
          Array.from({ length: batch }, (_, index) => index % CLASSES),
          'int32',
        ),
        CLASSES,
      ) as tf.Tensor2D,
  );
  await images.data();
  const began = performance.now();
  await program.step(images, targets);
  const took = performance.now() - began;
  tf.dispose([images, targets]);
  return took;
}

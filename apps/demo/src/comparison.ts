import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type { ImagePart } from '@x-tooling/datasets';
import { setImmediate } from 'node:timers/promises';
import { normalise } from './images.ts';
import { tfjsProgram, type TfjsProgram } from './tfjs-program.ts';

export interface BackendResult {
  readonly backend: string;
  /** Steps that were measured, after one that was not. */
  readonly steps: number;
  /** The median of the measured steps. */
  readonly millisecondsPerStep: number;
  /** How many times as long as backend x takes. */
  readonly ratio: number;
  /** Losses of the first steps. */
  readonly losses: readonly number[];
  /** The largest |difference| from the losses of backend x at the same steps. */
  readonly lossDifference: number;
}

export interface ComparisonResult {
  /** Images in a step, on every backend. */
  readonly batch: number;
  readonly backends: readonly BackendResult[];
}

export interface ComparisonOptions {
  readonly sizes: readonly number[];
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Before each backend; `fraction` of them are done. */
  readonly onBackend: (backend: string, fraction: number) => void;
}

const BATCH = 128;
/** Steps of backend x, which are short. */
const MANY = 40;
/** Steps of the others, of which fewer are made if they take longer than `seconds`, but two at least. */
const FEW = { steps: 6, seconds: 10 };

/**
 * Runs the same unchanged tfjs program on backend x and on tfjs's own: same images, same first weights, same steps.
 * Backend x must be enabled, and is selected again at the end.
 */
export async function compareBackends(images: ImagePart, { sizes, seed, signal, onBackend }: ComparisonOptions): Promise<ComparisonResult> {
  let done = 0;
  const run = async (backend: string, limit: StepLimit): Promise<Steps> => {
    signal.throwIfAborted();
    onBackend(backend, done++ / 3);
    // Once a backend: tfjs sets up all of its kernels anew each time.
    await tf.setBackend(backend);
    return runSteps(tfjsProgram(sizes, seed), images, sizes.at(-1)!, limit, signal);
  };
  try {
    const x = await run('x', { steps: MANY, seconds: Infinity });
    const wasm = await run('wasm', FEW);
    const cpu = await run('cpu', FEW);
    const result = (backend: string, { milliseconds, losses }: Steps): BackendResult => {
      const own = losses.slice(0, FEW.steps);
      return {
        backend,
        steps: milliseconds.length - 1,
        millisecondsPerStep: median(milliseconds.slice(1)),
        ratio: median(milliseconds.slice(1)) / median(x.milliseconds.slice(1)),
        losses: own,
        lossDifference: Math.max(...own.map((loss, step) => Math.abs(loss - x.losses[step]!))),
      };
    };
    return { batch: BATCH, backends: [result('x', x), result('wasm', wasm), result('cpu', cpu)] };
  } finally {
    await tf.setBackend('x');
  }
}

interface StepLimit {
  readonly steps: number;
  readonly seconds: number;
}

interface Steps {
  readonly losses: number[];
  readonly milliseconds: number[];
}

async function runSteps(
  program: TfjsProgram,
  { images, labels, count }: ImagePart,
  classes: number,
  limit: StepLimit,
  signal: AbortSignal,
): Promise<Steps> {
  const pixels = images.length / count;
  const losses: number[] = [];
  const milliseconds: number[] = [];
  const start = performance.now();
  const over = (): boolean => milliseconds.length >= 2 && performance.now() - start > limit.seconds * 1000;
  try {
    for (let step = 0; step < limit.steps && !over(); step++) {
      // Lets Ctrl-C be heard between the long steps of the slow backends.
      await setImmediate();
      signal.throwIfAborted();
      const first = step * BATCH;
      const [x, targets] = tf.tidy(() => [
        normalise(tf.tensor2d(Float32Array.from(images.subarray(first * pixels, (first + BATCH) * pixels)), [BATCH, pixels])),
        tf.cast(tf.oneHot(tf.tensor1d(labels.subarray(first, first + BATCH), 'int32'), classes), 'float32'),
      ]) as [tf.Tensor2D, tf.Tensor2D];
      const began = performance.now();
      losses.push(program.step(x, targets));
      milliseconds.push(performance.now() - began);
      tf.dispose([x, targets]);
    }
  } finally {
    program.dispose();
  }
  return { losses, milliseconds };
}

/** The middle value; of an even count, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

import { matMul, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Observer } from '../observers/observer.ts';
import { runSteps } from './run-step.ts';
import type { SparseStep } from './sparse-step.ts';
import { everyStep, type CompositeStep, type LinearStep, type PoolStep, type Step } from './steps.ts';

/** What calibration saw of a linear step's inputs. */
export interface InputRecord {
  /** State of the observer. */
  observed: unknown;
  /** Rows seen; of a convolution, places of images. */
  rows: number;
  /** Of each input; of a convolution, of each channel. */
  readonly largest: Float64Array<ArrayBuffer>;
  readonly sumOfSizes: Float64Array<ArrayBuffer>;
  readonly sum: Float64Array<ArrayBuffer>;
  /** Σ x·xᵀ, [inputs, inputs], where it is asked for. */
  readonly hessian: Float64Array<ArrayBuffer> | undefined;
}

export interface CalibrationOptions {
  readonly observer: Observer;
  /** Whether a step's X·Xᵀ is needed. */
  readonly needsHessian: (step: LinearStep) => boolean;
}

/** What calibration saw, by step. */
export interface Calibration {
  readonly linear: Map<LinearStep, InputRecord>;
  /** States of the observer of what means are taken of, and of what sparse layers get. */
  readonly ranges: Map<PoolStep | SparseStep, unknown>;
  /** And of what the parts of residual connections give. */
  readonly parts: Map<CompositeStep, Map<string, unknown>>;
}

/**
 * Sends samples through a network in float and records what its linear steps and its means get, and what is added in residual connections.
 *
 * @throws {RangeError} naming the layer, if a value is NaN or infinite.
 */
export function calibrate(
  where: string,
  steps: readonly Step[],
  samples: readonly Tensor[],
  { observer, needsHessian }: CalibrationOptions,
): Calibration {
  const linear = new Map<LinearStep, InputRecord>();
  const ranges = new Map<PoolStep | SparseStep, unknown>();
  const parts = new Map<CompositeStep, Map<string, unknown>>();
  for (const step of everyStep(steps)) {
    if (step.kind === 'sparse' || (step.kind === 'pool' && step.of === 'average')) ranges.set(step, observer.init());
    if (step.kind === 'composite' && step.layer.kind === 'residual')
      parts.set(step, new Map(Object.keys(step.parts).map((part) => [part, observer.init()])));
    if (step.kind !== 'linear') continue;
    const { inputs, windows } = step;
    const count = windows ? windows.channels : inputs;
    linear.set(step, {
      ...{ observed: observer.init(), rows: 0 },
      ...{ largest: new Float64Array(count), sumOfSizes: new Float64Array(count), sum: new Float64Array(count) },
      hessian: !windows && needsHessian(step) ? new Float64Array(inputs * inputs) : undefined,
    });
  }
  const before = (step: Step, x: Tensor): void => {
    if (step.kind === 'linear') record(where, step, x, linear.get(step) as InputRecord, observer);
    if ((step.kind === 'pool' || step.kind === 'sparse') && ranges.has(step))
      ranges.set(step, observe(where, `the input of layer ${step.name}`, observer, ranges.get(step), x.dataSync()));
  };
  const after = (container: CompositeStep, part: string, y: Tensor): void => {
    const states = parts.get(container);
    states?.set(part, observe(where, `the output of ${part} of layer ${container.name}`, observer, states.get(part), y.dataSync()));
  };
  for (const batch of samples) tidy(() => void runSteps(steps, batch, {}, { before, after }));
  return { linear, ranges, parts };
}

function observe(where: string, what: string, observer: Observer, state: unknown, values: ArrayLike<number>): unknown {
  try {
    return observer.update(state, values);
  } catch (error) {
    throw new RangeError(`${where}: ${what} can't be observed: ${(error as Error).message}`, { cause: error });
  }
}

function record(where: string, { name, inputs, inputScales, windows }: LinearStep, x: Tensor, into: InputRecord, observer: Observer): void {
  const size = windows ? windows.channels : inputs;
  if (x.shape.at(-1) !== size || (windows && x.rank !== 4))
    throw new RangeError(
      `${where}: layer ${name} gets [${x.shape.join(', ')}] from these samples, but takes ${windows ? `images of ${size} channels` : `${size} values along the last axis`}; do the samples have the network's input shape?`,
    );
  const raw = x.dataSync() as Float32Array;
  const values = inputScales ? raw.map((value, at) => value / (inputScales[at % inputs] as number)) : raw;
  into.observed = observe(where, `the input of layer ${name}`, observer, into.observed, values);
  const { largest, sumOfSizes, sum, hessian } = into;
  const rows = values.length / size;
  for (let row = 0; row < rows; row++) {
    for (let input = 0; input < size; input++) {
      const value = values[row * size + input] as number;
      const magnitude = Math.abs(value);
      if (magnitude > (largest[input] as number)) largest[input] = magnitude;
      sumOfSizes[input]! += magnitude;
      sum[input]! += value;
    }
  }
  into.rows += rows;
  if (!hessian) return;
  const product = tidy(() => {
    const matrix = reshape(x, [-1, inputs]);
    return matMul(matrix, matrix, true, false).dataSync();
  });
  for (let i = 0; i < inputs; i++) {
    const of = inputScales ? (inputScales[i] as number) : 1;
    for (let j = 0; j < inputs; j++) hessian[i * inputs + j]! += (product[i * inputs + j] as number) / (of * (inputScales?.[j] ?? 1));
  }
}

import { matMul, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Observer } from '../observers/observer.ts';
import { runStep } from './run-step.ts';
import type { LinearStep, Step } from './steps.ts';

/** What calibration saw of a linear step's inputs. */
export interface InputRecord {
  /** State of the observer. */
  observed: unknown;
  /** Of a convolution's output, after its activation. */
  output: unknown;
  /** Rows seen. */
  rows: number;
  /** Of each input. */
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

/**
 * Sends samples through a network in float and records what its linear steps get.
 *
 * @throws {RangeError} naming the layer, if a value is NaN or infinite.
 */
export function calibrate(
  where: string,
  steps: readonly Step[],
  samples: readonly Tensor[],
  { observer, needsHessian }: CalibrationOptions,
): Map<LinearStep, InputRecord> {
  const records = new Map<LinearStep, InputRecord>();
  for (const step of steps) {
    if (step.kind !== 'linear') continue;
    const { inputs } = step;
    records.set(step, {
      ...{ observed: observer.init(), output: observer.init(), rows: 0 },
      ...{ largest: new Float64Array(inputs), sumOfSizes: new Float64Array(inputs), sum: new Float64Array(inputs) },
      hessian: needsHessian(step) ? new Float64Array(inputs * inputs) : undefined,
    });
  }
  for (const batch of samples) {
    tidy(() => {
      let x = batch;
      for (const step of steps) {
        if (step.kind === 'linear') record(where, step, x, records.get(step) as InputRecord, observer);
        x = runStep(step, x);
        if (step.kind === 'linear' && step.windows) {
          const own = records.get(step) as InputRecord;
          own.output = observe(where, `the output of layer ${step.name}`, observer, own.output, x.dataSync());
        }
      }
    });
  }
  return records;
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
  // What the other statistics are for is not done to windows.
  if (windows) return;
  const { largest, sumOfSizes, sum, hessian } = into;
  const rows = values.length / inputs;
  for (let row = 0; row < rows; row++) {
    for (let input = 0; input < inputs; input++) {
      const value = values[row * inputs + input] as number;
      const size = Math.abs(value);
      if (size > (largest[input] as number)) largest[input] = size;
      sumOfSizes[input]! += size;
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

import type { ImagePart } from '@x-tooling/datasets';
import { accuracy, fit, type EpochEvent, type Layer, type Optimizer, type StepEvent } from '@x/tensor';
import { examplesOf } from './images.ts';
import { loss, optimizerFor } from './recipe.ts';

export interface EpochResult {
  readonly epoch: number;
  /** Means over the epoch's batches, each before its update. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** After the epoch. */
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** Of training, without the test. */
  readonly seconds: number;
  readonly examplesPerSecond: number;
}

/** The mean loss of some steps that follow one another, the last of which is `step`. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

export interface TrainingResult {
  readonly epochs: readonly EpochResult[];
  readonly curve: readonly LossPoint[];
  readonly steps: number;
  readonly seconds: number;
}

export interface TrainingOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** What is put around the recipe's optimizer, such as a topology. */
  readonly around?: (optimizer: Optimizer, steps: number) => Optimizer;
  readonly onStep: (event: StepEvent) => void;
  readonly onEpoch: (result: EpochResult) => void;
}

/** Points of the loss curve, so many that it shows every bend and few enough to keep the report small. */
const CURVE_POINTS = 240;

/** Trains the network, testing it after each epoch. */
export async function train(
  net: Layer,
  training: ImagePart,
  test: ImagePart,
  { epochs, batch, seed, signal, around = (optimizer) => optimizer, onStep, onEpoch }: TrainingOptions,
): Promise<TrainingResult> {
  const steps = epochs * Math.ceil(training.count / batch);
  const window = Math.max(1, Math.round(steps / CURVE_POINTS));
  const results: EpochResult[] = [];
  const curve: LossPoint[] = [];
  let recent: number[] = [];
  let seconds = 0;
  const events = fit(net, examplesOf(training), {
    loss,
    optimizer: around(optimizerFor(steps), steps),
    epochs,
    batchSize: batch,
    seed,
    validation: examplesOf(test),
    metrics: { accuracy },
  });
  for await (const event of events) {
    signal.throwIfAborted();
    if (event.type === 'step') {
      recent.push(event.loss);
      if (recent.length === window || event.step === steps) {
        curve.push({ step: event.step, loss: recent.reduce((sum, value) => sum + value, 0) / recent.length });
        recent = [];
      }
      onStep(event);
    } else if (event.type === 'epoch') {
      const result = epochResult(event);
      results.push(result);
      onEpoch(result);
    } else seconds = event.seconds;
  }
  return { epochs: results, curve, steps, seconds };
}

function epochResult({ epoch, loss, metrics, validation, seconds, examplesPerSecond }: EpochEvent): EpochResult {
  return {
    epoch,
    trainLoss: loss,
    trainAccuracy: metrics['accuracy']!,
    testLoss: validation!.loss,
    testAccuracy: validation!.metrics['accuracy']!,
    seconds,
    examplesPerSecond,
  };
}

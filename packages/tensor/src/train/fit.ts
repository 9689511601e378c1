import type { Tensor } from '@tensorflow/tfjs-core';
import type { Layer } from '../layers/layer.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber, describe } from '../ops/arguments.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import { adam } from '../optimizers/adam.ts';
import { disposeState, type Optimizer, type OptimizerState } from '../optimizers/optimizer.ts';
import { fold, key, split, type Key } from '../random/key.ts';
import { permutation } from '../random/permutation.ts';
import { dataSource, type Data, type DataSource } from './data.ts';
import { evaluate, meansOf, readFull, valuesOf } from './evaluate.ts';
import { eventLoopTurns } from './event-loop.ts';
import type { FitEvent, StepEvent } from './fit-event.ts';
import { checkPosition, type FitPosition } from './fit-position.ts';
import { checkMetrics, measure, type Metric } from './metric.ts';
import type { RunningMean } from './running-mean.ts';
import { checkLayer, trainable, trainStep, type Loss } from './train-step.ts';

export interface FitOptions {
  /** Default {@link softmaxCrossEntropy}. */
  readonly loss?: Loss;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** The optimizer's state, to go on from one or to keep it; then the caller disposes it. Default: a new one, disposed at the end. */
  readonly state?: OptimizerState;
  /** Passes over the data. Default 1. */
  readonly epochs?: number;
  /** Examples in a step; the last of an epoch may have fewer. Data that yield batches have their own. Default 32. */
  readonly batchSize?: number;
  /** Whether each epoch takes the examples in an order of its own. Default true. */
  readonly shuffle?: boolean;
  /** Of the order and of layers that draw random numbers. Default 0. */
  readonly seed?: number;
  /**
   * Where to go on from: the position of an event of a run that was left. With the variables and `state` as they were then,
   * everything else goes as it would have. An epoch's means are those of the batches since; one that has none left gives no event. Default: the start.
   */
  readonly from?: FitPosition;
  /** Data to evaluate after each epoch. */
  readonly validation?: Data;
  /** Beside the loss, of the training batches and of the validation data. Default none. */
  readonly metrics?: Readonly<Record<string, Metric>>;
}

/** The options, each given. */
interface Settings extends Required<Omit<FitOptions, 'state' | 'validation'>> {
  readonly state: OptimizerState | undefined;
  readonly validation: Data | undefined;
}

/**
 * Trains a network, and says how it goes: an event after each step, after each epoch, and at the end.
 *
 * Nothing happens until events are asked for, and training pauses between them; leaving the loop ends it and frees what it made.
 *
 * @throws {TypeError | RangeError} if an argument is invalid, at the call.
 * @example
 * for await (const event of fit(net, { x: images, y: labels }, { optimizer: sgd(), epochs: 3, metrics: { accuracy } })) {
 *   if (event.type === 'epoch') console.log(event.epoch, event.loss, event.metrics.accuracy);
 * }
 */
export function fit(net: Layer, data: Data, options: FitOptions = {}): AsyncGenerator<FitEvent, void, void> {
  const {
    loss = softmaxCrossEntropy,
    optimizer = adam(),
    state,
    epochs = 1,
    batchSize = 32,
    shuffle = true,
    seed = 0,
    from = { seed, epoch: 1, batch: 0, steps: 0 },
    validation,
    metrics = {},
  } = checkOptions('fit', options);
  checkLayer('fit', net);
  const source = dataSource('fit', 'data', data);
  if (validation !== undefined) dataSource('fit', 'validation', validation);
  checkFunction('fit', 'loss', loss);
  checkMetrics('fit', metrics);
  checkNumber('fit', 'epochs', epochs, { least: 1, whole: true });
  checkNumber('fit', 'batchSize', batchSize, { least: 1, whole: true });
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`fit: optimizer is ${describe(optimizer)}, but must be one, such as sgd({ learningRate: 0.1 }).`);
  checkNumber('fit', 'seed', seed, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
  checkPosition('fit', from, seed);
  if (from.steps > 0 && !state)
    throw new TypeError(`fit: from is after ${from.steps} steps, but there is no state; give the optimizer's as it was then.`);
  return run(net, source, { loss, optimizer, state, epochs, batchSize, shuffle, seed, from, validation, metrics });
}

async function* run(net: Layer, source: DataSource, settings: Settings): AsyncGenerator<FitEvent, void, void> {
  const { optimizer, epochs, from } = settings;
  const seed = key(settings.seed);
  const state = settings.state ?? optimizer.init(trainable(net));
  const progress = { steps: from.steps, seconds: 0 };
  try {
    for (let { epoch, batch } = from; epoch <= epochs; epoch++, batch = 0)
      yield* runEpoch(net, source, settings, { state, epoch, batch, progress, key: fold(seed, epoch) });
    yield { type: 'end', epochs, ...progress };
  } finally {
    if (!settings.state) disposeState(state);
  }
}

interface Epoch {
  readonly state: OptimizerState;
  readonly epoch: number;
  /** Batches that are done already. */
  readonly batch: number;
  readonly key: Key;
  /** Of all epochs so far. */
  readonly progress: { steps: number; seconds: number };
}

async function* runEpoch(
  net: Layer,
  source: DataSource,
  settings: Settings,
  { state, epoch, batch: done, key: ofEpoch, progress }: Epoch,
): AsyncGenerator<FitEvent, void, void> {
  const { optimizer, loss, metrics, epochs, batchSize, shuffle, seed, validation } = settings;
  const [forOrder, forLayers] = split(ofEpoch, 2);
  const { count } = source;
  const steps = count === undefined ? undefined : epochs * Math.ceil(count / batchSize);
  const means = meansOf(['loss', ...Object.keys(metrics)]);
  const turn = eventLoopTurns();
  let examples = 0;
  let seconds = 0;
  let since = performance.now();
  try {
    const order =
      count === undefined ? undefined : shuffle ? permutation(forOrder, count) : Int32Array.from({ length: count }, (_, i) => i);
    let batch = count === undefined ? 0 : done;
    for await (const { x, y, release } of source.batches(batchSize, order?.subarray(batch * batchSize))) {
      if (batch < done) {
        release();
        batch++;
        continue;
      }
      let event: StepEvent;
      try {
        const size = x.shape[0] as number;
        const observe = Object.keys(metrics).length > 0 ? (output: Tensor) => observeMetrics(means, metrics, output, y, size) : undefined;
        const value = trainStep(
          net,
          { x, y },
          { optimizer, state, loss, key: fold(forLayers, progress.steps), ...(observe ? { observe } : {}) },
        );
        const read = (means['loss'] as RunningMean).add(value, size);
        examples += size;
        seconds += (performance.now() - since) / 1000;
        event = {
          type: 'step',
          epoch,
          epochs,
          step: ++progress.steps,
          steps,
          position: { seed, epoch, batch: ++batch, steps: progress.steps },
          get loss() {
            return read.value;
          },
          examplesPerSecond: examples / seconds,
        };
      } finally {
        release();
      }
      yield event;
      await turn();
      since = performance.now();
      await readFull(means);
    }
    if (examples === 0) {
      // Training goes on from the epoch's very end.
      if (batch > 0) return;
      throw new Error(
        `fit: the data yielded no batch in epoch ${epoch}; give something that starts anew each time it is iterated, not a generator that is used up.`,
      );
    }
    const { loss: ofLoss, ...rest } = await valuesOf(means, metrics);
    progress.seconds += seconds;
    const evaluation = validation ? await evaluate(net, validation, { loss, metrics }) : undefined;
    yield {
      type: 'epoch',
      epoch,
      epochs,
      step: progress.steps,
      loss: ofLoss as number,
      metrics: rest,
      ...(evaluation ? { validation: evaluation } : {}),
      seconds,
      examplesPerSecond: examples / seconds,
      position: { seed, epoch: epoch + 1, batch: 0, steps: progress.steps },
    };
  } finally {
    for (const mean of Object.values(means)) mean.dispose();
  }
}

function observeMetrics(
  means: Record<string, RunningMean>,
  metrics: Readonly<Record<string, Metric>>,
  output: Tensor,
  y: Tensor,
  size: number,
): void {
  for (const [name, metric] of Object.entries(metrics)) (means[name] as RunningMean).add(measure(metric, output, y), size);
}

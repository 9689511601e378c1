import type { Layer } from '../layers/layer.ts';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkFunction, checkNumber } from '../ops/arguments.ts';
import { softmaxCrossEntropy } from '../ops/softmax-cross-entropy.ts';
import { eventLoopTurns } from './event-loop.ts';
import { dataSource, type Data } from './data.ts';
import { checkMetrics, measure, summarize, type Metric } from './metric.ts';
import { RunningMean } from './running-mean.ts';
import { checkLayer, type Loss } from './train-step.ts';

export interface EvaluateOptions {
  /** Default {@link softmaxCrossEntropy}. */
  readonly loss?: Loss;
  /** Default none. */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** Examples at once. Default 256. */
  readonly batchSize?: number;
}

/** Means over all examples. */
export interface Evaluation {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly examples: number;
}

/**
 * The loss and other metrics of a network over data, each batch weighted by its examples.
 *
 * @throws {TypeError | RangeError} if an argument is invalid.
 * @example
 * const { loss, metrics } = await evaluate(net, test, { metrics: { accuracy } });
 */
export async function evaluate(net: Layer, data: Data, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { loss = softmaxCrossEntropy, metrics = {}, batchSize = 256 } = checkOptions('evaluate', options);
  checkLayer('evaluate', net);
  checkFunction('evaluate', 'loss', loss);
  checkMetrics('evaluate', metrics);
  checkNumber('evaluate', 'batchSize', batchSize, { least: 1, whole: true });
  const source = dataSource('evaluate', 'data', data);
  const all: Record<string, Metric> = { ...metrics, loss };
  const means = meansOf(Object.keys(all));
  const turn = eventLoopTurns();
  let examples = 0;
  try {
    for await (const { x, y, release } of source.batches(batchSize)) {
      try {
        const count = x.shape[0] as number;
        const output = net.apply(x);
        try {
          for (const [name, metric] of Object.entries(all)) (means[name] as RunningMean).add(measure(metric, output, y), count);
        } finally {
          output.dispose();
        }
        examples += count;
      } finally {
        release();
      }
      await turn();
      await readFull(means);
    }
    const { loss: ofLoss, ...rest } = await valuesOf(means, metrics);
    return { loss: ofLoss as number, metrics: rest, examples };
  } finally {
    for (const mean of Object.values(means)) mean.dispose();
  }
}

export function meansOf(names: readonly string[]): Record<string, RunningMean> {
  return Object.fromEntries(names.map((name) => [name, new RunningMean()]));
}

export async function readFull(means: Readonly<Record<string, RunningMean>>): Promise<void> {
  for (const mean of Object.values(means)) if (mean.full) await mean.read();
}

export async function valuesOf(
  means: Readonly<Record<string, RunningMean>>,
  metrics: Readonly<Record<string, Metric>>,
): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [name, mean] of Object.entries(means)) values[name] = await summarize(metrics[name], mean);
  return values;
}

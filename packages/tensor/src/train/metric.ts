import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkFunction, describe } from '../ops/arguments.ts';
import type { RunningMean } from './running-mean.ts';

/** A scalar that says how good an output is, the mean over the examples. */
export type MeanMetric = (output: Tensor, y: Tensor) => Tensor;

/** A number that is no mean over the examples, but follows from such means, as a calibration error does. */
export interface SummaryMetric {
  /** float32[n], each the mean of something over the examples. */
  readonly means: (output: Tensor, y: Tensor) => Tensor;
  /** The number, from the means over all examples. */
  readonly summarize: (means: Float64Array) => number;
}

/** How good an output is. */
export type Metric = MeanMetric | SummaryMetric;

/** @throws {TypeError | RangeError} unless all are metrics, and none is called `loss`. */
export function checkMetrics(where: string, metrics: Readonly<Record<string, Metric>>): void {
  for (const [name, metric] of Object.entries(metrics)) {
    if (typeof metric !== 'function') {
      if (typeof metric !== 'object' || metric === null)
        throw new TypeError(
          `${where}: metrics.${name} is ${describe(metric)}, but must be a function, or an object with means and summarize.`,
        );
      checkFunction(where, `metrics.${name}.means`, metric.means);
      checkFunction(where, `metrics.${name}.summarize`, metric.summarize);
    }
    if (name === 'loss') throw new RangeError(`${where}: a metric is named 'loss', which is the name of the loss itself; give it another.`);
  }
}

/** What a metric measures of a batch. */
export function measure(metric: Metric, output: Tensor, y: Tensor): Tensor {
  return tidy(() => (typeof metric === 'function' ? metric(output, y) : metric.means(output, y)));
}

/** What it comes to over all batches. */
export async function summarize(metric: Metric | undefined, mean: RunningMean): Promise<number> {
  const means = await mean.means();
  return typeof metric === 'object' ? metric.summarize(means) : (means[0] as number);
}

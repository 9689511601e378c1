import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { BackendResult } from '../comparison.ts';
import type { FewerBits } from '../fewer-bits.ts';
import { threeFigures, whole } from '../format.ts';
import type { EpochResult, TrainingResult } from '../training.ts';

const WIDTH = 460;
const HEIGHT = 260;
/** The colours are the page's, so that the charts follow its light and dark. */
const first = 'var(--first)';
const second = 'var(--second)';
const quiet = 'var(--quiet)';

/** Loss of the training batches, step by step, and of the test images after each epoch; the steep begin is cut off. */
export function lossChart({ curve, epochs, steps }: TrainingResult): string {
  const perEpoch = steps / epochs.length;
  const training = curve.map(({ step, loss }) => ({ epoch: step / perEpoch, loss }));
  const least = 0.9 * Math.min(...training.map(({ loss }) => loss), ...epochs.map(({ testLoss }) => testLoss));
  // The first steps lie far above and would press all others flat.
  const most = 1.6 * Math.max(...epochs.map(({ testLoss }) => testLoss));
  return chart({
    x: { label: 'epoch', domain: [0, epochs.length], ticks: wholeTicks(epochs.length), tickFormat: 'd' },
    y: { label: 'loss, of smoothed labels', grid: true, domain: [least, most] },
    marks: [
      Plot.line(training, { x: 'epoch', y: 'loss', stroke: first, strokeWidth: 1.5, clip: true }),
      Plot.line(epochs, { x: 'epoch', y: 'testLoss', stroke: second, strokeWidth: 2 }),
      Plot.dot(epochs, { x: 'epoch', y: 'testLoss', fill: second, r: 3 }),
    ],
  });
}

/** Accuracy on the training batches and on the test images. */
export function accuracyChart(epochs: readonly EpochResult[]): string {
  return chart({
    x: { label: 'epoch', domain: [1, Math.max(2, epochs.length)], ticks: wholeTicks(epochs.length), tickFormat: 'd' },
    y: { label: 'accuracy, %', grid: true, nice: true, transform: (part: number) => part * 100 },
    marks: [
      Plot.line(epochs, { x: 'epoch', y: 'trainAccuracy', stroke: first, strokeWidth: 2 }),
      Plot.dot(epochs, { x: 'epoch', y: 'trainAccuracy', fill: first, r: 3 }),
      Plot.line(epochs, { x: 'epoch', y: 'testAccuracy', stroke: second, strokeWidth: 2 }),
      Plot.dot(epochs, { x: 'epoch', y: 'testAccuracy', fill: second, r: 3 }),
    ],
  });
}

/** Accuracy of two networks on the test images. */
export function besideChart(epochs: readonly EpochResult[], others: readonly EpochResult[]): string {
  return chart({
    x: { label: 'epoch', domain: [1, Math.max(2, epochs.length)], ticks: wholeTicks(epochs.length), tickFormat: 'd' },
    y: { label: 'test accuracy, %', grid: true, nice: true, transform: (part: number) => part * 100 },
    marks: [
      Plot.line(epochs, { x: 'epoch', y: 'testAccuracy', stroke: first, strokeWidth: 2 }),
      Plot.dot(epochs, { x: 'epoch', y: 'testAccuracy', fill: first, r: 3 }),
      Plot.line(others, { x: 'epoch', y: 'testAccuracy', stroke: second, strokeWidth: 2 }),
      Plot.dot(others, { x: 'epoch', y: 'testAccuracy', fill: second, r: 3 }),
    ],
  });
}

/** How many units have so many links. */
export function degreeChart(degrees: readonly number[]): string {
  return chart({
    x: { label: 'links', nice: true },
    y: { label: 'units', grid: true },
    marks: [
      Plot.rectY(degrees, { ...Plot.binX({ y: 'count' }, { x: (degree: number) => degree }), fill: first, insetLeft: 1 }),
      Plot.ruleY([0], { stroke: quiet }),
    ],
  });
}

/** Images a second in each epoch. */
export function throughputChart(epochs: readonly EpochResult[]): string {
  return chart({
    x: { label: 'epoch', type: 'band', domain: epochs.map(({ epoch }) => epoch), ticks: wholeTicks(epochs.length), tickFormat: 'd' },
    y: { label: 'images per second', grid: true, nice: true, tickFormat: whole },
    marks: [
      Plot.barY(epochs, { x: 'epoch', y: 'examplesPerSecond', fill: first, insetLeft: 1, insetRight: 1 }),
      Plot.ruleY([0], { stroke: quiet }),
    ],
  });
}

/** Accuracy on the test images by the bits of weights and activations. */
export function bitsChart({ accuracies }: FewerBits, float: number): string {
  return chart({
    x: { label: 'bits', reverse: true, ticks: accuracies.map(({ bits }) => bits), tickFormat: 'd' },
    y: { label: 'accuracy, %', grid: true, nice: true, transform: (part: number) => part * 100 },
    marks: [
      Plot.ruleY([float], { stroke: quiet, strokeDasharray: '4 3' }),
      Plot.line(accuracies, { x: 'bits', y: 'accuracy', stroke: second, strokeWidth: 2 }),
      Plot.dot(accuracies, { x: 'bits', y: 'accuracy', fill: second, r: 3 }),
    ],
  });
}

/** Milliseconds of the same step on each backend; each grid line is ten times the one before. */
export function backendChart(backends: readonly BackendResult[]): string {
  const times = backends.map(({ millisecondsPerStep }) => millisecondsPerStep);
  const least = 10 ** Math.floor(Math.log10(Math.min(...times)) - 0.3);
  // Room for the words beside the longest bar.
  const most = Math.max(...times) * 30;
  const bars = backends.map(({ backend, millisecondsPerStep: milliseconds, ratio }) => ({
    backend,
    milliseconds,
    text: `${threeFigures(milliseconds)} ms${ratio === 1 ? '' : `, ${threeFigures(ratio)} ×`}`,
  }));
  return chart({
    height: 180,
    x: {
      label: 'milliseconds a step, logarithmic',
      type: 'log',
      domain: [least, most],
      grid: true,
      ticks: powersOfTen(least, most),
      tickFormat: whole,
    },
    y: { label: null, domain: backends.map(({ backend }) => backend), padding: 0.3 },
    marks: [
      Plot.barX(bars, {
        x1: least,
        x2: 'milliseconds',
        y: 'backend',
        fill: ({ backend }: { backend: string }) => (backend === 'x' ? first : quiet),
      }),
      Plot.text(bars, { x: 'milliseconds', y: 'backend', text: 'text', dx: 6, textAnchor: 'start', fill: 'currentColor' }),
    ],
  });
}

/** Ticks at whole epochs, a dozen at most. */
function wholeTicks(epochs: number): number[] {
  const apart = Math.ceil(epochs / 12);
  return Array.from({ length: Math.floor(epochs / apart) }, (_, index) => (index + 1) * apart);
}

function powersOfTen(least: number, most: number): number[] {
  const first = Math.ceil(Math.log10(least));
  return Array.from({ length: Math.floor(Math.log10(most)) - first + 1 }, (_, index) => 10 ** (first + index));
}

function chart(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 50,
    marginBottom: 42,
    className: 'chart',
    style: { background: 'none', color: 'inherit' },
    ...options,
    x: { labelOffset: 38, ...options.x },
    document: document as unknown as Document,
  });
  return plot.outerHTML;
}

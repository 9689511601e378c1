import { SingleBar } from 'cli-progress';
import type { StepEvent } from '@x/tensor';
import type { LoadProgress } from '@x-tooling/datasets';
import type { ComparisonResult } from './comparison.ts';
import { byteSize, count, percent, threeFigures, whole } from './format.ts';
import type { SparseComparison } from './sparse-comparison.ts';
import type { EpochResult } from './training.ts';

/** What the demo shows while it runs: lines, and on a terminal below them a bar for what is under way. */
export interface Terminal {
  /** A line of the summary: what, and its value. */
  fact(label: string, value: string): void;
  heading(text: string): void;
  line(text: string): void;
  loading(progress: LoadProgress): void;
  /** What is under way, and how far, 0 to 1. */
  busy(text: string, fraction: number): void;
  comparison(result: ComparisonResult): void;
  epochHeader(): void;
  /** The sparse network beside the dense one. */
  sparse(comparison: SparseComparison): void;
  step(event: StepEvent): void;
  epoch(result: EpochResult): void;
  /** Takes away what was under way, also after an error. */
  close(): void;
}

const LABEL = 10;

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const bar = stream.isTTY ? createBar(stream) : undefined;
  const close = (): void => {
    if (bar?.isActive) bar.stop();
  };
  const line = (text: string): void => {
    close();
    stream.write(`${text}\n`);
  };
  const show = (total: number, value: number, note: string): void => {
    if (!bar) return;
    if (bar.isActive) bar.update(value, { note });
    else bar.start(total, value, { note });
  };
  const row = (cells: readonly string[], widths: readonly number[]): void =>
    line(
      cells
        .map((cell, column) => (widths[column]! < 0 ? cell.padEnd(-widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    );
  const epochWidths = [5, 8, 9, 9, 7, 10];
  const backendWidths = [-7, 9, 7, -30];
  return {
    fact: (label, value) => line(`${label.padEnd(LABEL)}${value}`),
    heading: (text) => line(`\n${text}`),
    line,
    loading: ({ source, item, fraction }) => {
      show(1, fraction, `${item}, ${source}`);
    },
    busy: (text, fraction) => {
      close();
      show(1, fraction, text);
    },
    comparison: ({ backends }) => {
      row(['backend', 'ms/step', 'ratio', ''], backendWidths);
      for (const result of backends)
        row(
          [
            result.backend,
            threeFigures(result.millisecondsPerStep),
            threeFigures(result.ratio),
            `median of ${count(result.steps, 'step')}`,
          ],
          backendWidths,
        );
      const difference = Math.max(...backends.map(({ lossDifference }) => lossDifference));
      line(`Losses of the same first steps differ by at most ${difference.toExponential(1)}.`);
    },
    epochHeader: () => row(['epoch', 'loss', 'train', 'test', 's', 'images/s'], epochWidths),
    sparse: ({ sparse, dense }) => {
      const widths = [-13, 8, 7, 15, 9];
      line('');
      row(['network', 'accuracy', 's', 'Mflop/image', 'bytes'], widths);
      for (const { name, testAccuracy, seconds, trainingFlops, bytes } of [sparse, dense])
        row([name, percent(testAccuracy), seconds.toFixed(1), threeFigures(trainingFlops / 1e6), byteSize(bytes)], widths);
    },
    step: (event) => {
      // Reading a loss waits for the step, so only a bar that is seen reads it.
      if (bar) show(event.steps!, event.step, `loss ${event.loss.toFixed(3)}, ${whole(event.examplesPerSecond)} images/s`);
    },
    epoch: ({ epoch, trainLoss, trainAccuracy, testAccuracy, seconds, examplesPerSecond }) =>
      row(
        [String(epoch), trainLoss.toFixed(4), percent(trainAccuracy), percent(testAccuracy), seconds.toFixed(1), whole(examplesPerSecond)],
        epochWidths,
      ),
    close,
  };
}

function createBar(stream: NodeJS.WriteStream): SingleBar {
  return new SingleBar({
    stream,
    format: '{bar} {percentage} %  {note}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 30,
    fps: 10,
    clearOnComplete: true,
    hideCursor: true,
  });
}

import { escape } from 'html-escaper';
import type { ComparisonResult } from '../comparison.ts';
import type { FewerBits } from '../fewer-bits.ts';
import { byteSize, count, percent, threeFigures, whole } from '../format.ts';
import type { StepProfile } from '../step-profile.ts';
import type { EpochResult } from '../training.ts';
import type { Report } from './report.ts';

/** A column's heading, and whether its cells are words. */
type Column = readonly [heading: string, kind?: 'words'];

/** A table of text. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cell = (tag: 'th' | 'td', column: number, text: string): string =>
    `<${tag}${columns[column]![1] ? ' class="words"' : ''}>${escape(text)}</${tag}>`;
  const head = columns.map(([heading], column) => cell('th', column, heading)).join('');
  const body = rows.map((cells) => `<tr>${cells.map((text, column) => cell('td', column, text)).join('')}</tr>`).join('');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

export function backendTable({ backends, batch }: ComparisonResult): string {
  return table(
    [['backend', 'words'], [`ms for ${batch} images`], ['ratio'], ['measured as', 'words'], ['largest difference of a loss']],
    backends.map((result) => [
      result.backend,
      threeFigures(result.millisecondsPerStep),
      threeFigures(result.ratio),
      `median of ${count(result.steps, 'step')}`,
      result.backend === 'x' ? '' : result.lossDifference.toExponential(1),
    ]),
  );
}

export function formatTable({ formats }: FewerBits): string {
  const float = formats[0]!;
  return table(
    [['numbers', 'words'], ['test accuracy'], ['bytes'], ['of float'], ['µs an image'], ['as fast as float']],
    formats.map(({ scheme, accuracy, bytes, microsecondsPerImage }) => [
      scheme,
      percent(accuracy),
      byteSize(bytes),
      `${((bytes / float.bytes) * 100).toFixed(1)} %`,
      threeFigures(microsecondsPerImage),
      `${threeFigures(float.microsecondsPerImage / microsecondsPerImage)} ×`,
    ]),
  );
}

export function kernelTable({ kernels, milliseconds }: StepProfile): string {
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  const share = (part: number): string => `${((part / milliseconds) * 100).toFixed(1)} %`;
  return table(
    [['kernel', 'words'], ['calls'], ['ms'], ['of the step'], ['GFLOP/s'], ['read and written']],
    [
      ...kernels.map((kernel) => [
        kernel.name,
        String(kernel.calls),
        kernel.milliseconds.toFixed(3),
        share(kernel.milliseconds),
        kernel.gflopsPerSecond > 0 ? threeFigures(kernel.gflopsPerSecond) : '',
        byteSize(kernel.bytes),
      ]),
      ['JavaScript around them', '', (milliseconds - inKernels).toFixed(3), share(milliseconds - inKernels), '', ''],
      ['whole step', '', milliseconds.toFixed(3), '', '', ''],
    ],
  );
}

/** Accuracy of each class, and which classes are taken for which; the deeper the shade, the more. */
export function classTable(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const head = classes.map((name) => `<th class="turned"><span>${escape(name)}</span></th>`).join('');
  const rows = classes.map((name, label) => {
    const counts = confusion[label]!;
    const all = counts.reduce((sum, number) => sum + number, 0);
    const cells = counts.map((number, guess) => {
      // The square root makes a few mistakes visible beside many right answers.
      const depth = Math.round(Math.sqrt(number / all) * 100);
      return `<td class="${guess === label ? 'right' : 'wrong'}" style="--depth:${depth}%">${number === 0 ? '' : whole(number)}</td>`;
    });
    return `<tr><th class="words">${escape(name)}</th><td>${((counts[label]! / all) * 100).toFixed(1)} %</td>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="confusion"><thead><tr><th></th><th>accuracy</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

export function epochTable(epochs: readonly EpochResult[]): string {
  return table(
    [['epoch'], ['training loss'], ['training accuracy'], ['test loss'], ['test accuracy'], ['seconds'], ['images per second']],
    epochs.map(({ epoch, trainLoss, trainAccuracy, testLoss, testAccuracy, seconds, examplesPerSecond }) => [
      String(epoch),
      trainLoss.toFixed(4),
      percent(trainAccuracy),
      testLoss.toFixed(4),
      percent(testAccuracy),
      seconds.toFixed(2),
      whole(examplesPerSecond),
    ]),
  );
}

export function optionTable({ options, machine, recipe, data }: Report): string {
  const facts: [string, string][] = [
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['Node', machine.node],
    ['backend', `x, tier ${machine.tier}, threads ${machine.threads}`],
    ...machine.limits.map((limit): [string, string] => ['not more because', limit]),
    ['data', `${data.name} from ${data.source}, ${whole(data.trainExamples)} training and ${whole(data.testExamples)} test images`],
    ['model', options.model],
    ['epochs, batch, seed', `${options.epochs}, ${options.batch}, ${options.seed}`],
    [
      'recipe',
      `${recipe.optimizer}, learning rate up to ${recipe.peakLearningRate} over the first ${recipe.warmUp * 100} % of the steps, then to 0 along half a cosine; ` +
        `weight decay ${recipe.weightDecay}, label smoothing ${recipe.labelSmoothing}`,
    ],
  ];
  return table(
    [
      ['what', 'words'],
      ['value', 'words'],
    ],
    facts,
  );
}

import { withUnit } from '@x/hwsim';
import type { Cost } from './costs.ts';

export const header = ['chip', 'network', 'time', 'energy', 'memory', ''] as const;

/** One row a chip and variant, in words with units; what doesn't fit in the chip's memory is marked. */
export function rows(costs: readonly Cost[]): string[][] {
  return costs.map(({ chip, variant, time, energy, memory, fits }) => [
    chip,
    variant,
    withUnit(time, 's'),
    withUnit(energy, 'J'),
    withUnit(memory, 'B'),
    fits ? '' : 'does not fit',
  ]);
}

/** Rows as text, columns aligned: numbers to the right. A chip is named once. */
export function textTable(lines: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column]!.length)));
  const text = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column >= 2 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [header, ...lines.map((line, i) => [i > 0 && lines[i - 1]![0] === line[0] ? '' : line[0]!, ...line.slice(1)])]
    .map(text)
    .join('\n');
}

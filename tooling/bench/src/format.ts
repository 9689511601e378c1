import type { CandidateResult, Comparison } from './compare.ts';

/** The cells of a comparison's table: a heading and a row for each candidate. Rates and shares appear when they are known. */
export function tabulate({ flops, bytes, limit, results }: Comparison): { heading: string[]; rows: string[][] } {
  const columns: { heading: string; cell: (result: CandidateResult) => string }[] = [
    { heading: 'candidate', cell: ({ label }) => label },
    { heading: 'median', cell: ({ median }) => duration(median) },
    { heading: 'min', cell: ({ min }) => duration(min) },
    { heading: `x ${results[0]!.label}`, cell: ({ ratio }) => significant(ratio) },
  ];
  const rate = (work: number | undefined, unit: string, most: number | undefined): void => {
    if (work === undefined) return;
    columns.push({ heading: unit, cell: ({ median }) => significant(work / median / 1e9) });
    if (most !== undefined)
      columns.push({
        heading: `of ${significant(most / 1e9)} ${unit}`,
        cell: ({ median }) => `${((100 * work) / median / most).toFixed(1)} %`,
      });
  };
  rate(flops, 'GFLOP/s', limit?.flops);
  rate(bytes, 'GB/s', limit?.bytes);
  return { heading: columns.map(({ heading }) => heading), rows: results.map((result) => columns.map(({ cell }) => cell(result))) };
}

/** A comparison as text for a terminal. */
export function formatComparison(comparison: Comparison): string {
  const { heading, rows } = tabulate(comparison);
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}`;
  return [comparison.name, line(heading), ...rows.map(line)].join('\n');
}

/** Seconds with three digits and the unit that suits them. */
export function duration(seconds: number): string {
  const [scale, unit] = seconds >= 1 ? [1, 's'] : seconds >= 1e-3 ? [1e3, 'ms'] : seconds >= 1e-6 ? [1e6, 'us'] : [1e9, 'ns'];
  return `${significant(seconds * Number(scale))} ${unit}`;
}

/** Three significant digits, whole numbers above a hundred. */
export function significant(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

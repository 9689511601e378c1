import { InvalidArgumentError } from 'commander';
import { withUnit } from '../html/page.ts';
import type { Report } from '../simulate/report.ts';

/** Where a command's words go. */
export interface Output {
  readonly say: (line: string) => void;
  /** Progress and the like, kept apart from results. */
  readonly note: (line: string) => void;
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`${JSON.stringify(text)} is not a number`);
  return value;
}

/** A report in one line. */
export function summary(report: Report): string {
  const { memory } = report;
  return `${report.model} on ${report.chips > 1 ? `${report.chips} ` : ''}${report.hardware}, ${report.precision}, ${report.samples} samples: ${withUnit(report.time, 's')}, ${withUnit(report.energy.total, 'J')}, ${(100 * report.utilisation).toFixed(1)} % of the peak${report.devices.length > 1 ? `, bubble ${(100 * report.bubble).toFixed(1)} %` : ''}, ${withUnit(memory.peak, 'B')} a chip${memory.fits ? '' : ' (does not fit)'}`;
}

import type { Report } from './simulate.ts';

/** A report's steps as CSV, one line each; the header names the units. */
export function reportCsv(report: Report): string {
  const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const header =
    'layer,kind,start (s),time (s),limit,multiply-accumulates,memory traffic (B),arithmetic energy (J),memory energy (J),memory held (B)';
  return `${[header, ...report.steps.map((s) => [quote(s.layer), s.kind, s.start, s.seconds, s.limit, s.macs, s.bytes, s.arithmeticEnergy, s.memoryEnergy, s.held].join())].join('\n')}\n`;
}

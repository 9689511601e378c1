import { requireReport, type Report } from './simulate/report.ts';

/** A report's steps as CSV, one line each; the header names the units. */
export function reportCsv(report: Report): string {
  requireReport(report);
  const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const header =
    'layer,kind,stage,times,time (s),limit,multiply-accumulates,memory traffic (B),exchanged (B),arithmetic energy (J),memory energy (J)';
  return `${[header, ...report.steps.map((s) => [quote(s.layer), s.kind, s.stage, s.times, s.seconds, s.limit, s.macs, s.bytes, s.exchanged, s.arithmeticEnergy, s.memoryEnergy].join())].join('\n')}\n`;
}

import { checkArray, checkObject } from '../validation.ts';
import type { QuantizationReport } from './report.ts';

/** A report as a table of text. */
export function formatReport(report: QuantizationReport): string {
  checkObject('formatReport', 'report', report, ['layers']);
  checkArray('formatReport', 'report.layers', report.layers);
  const { layers, ...whole } = report;
  const head = ['layer', 'scheme', 'shape', 'bytes', 'of float', 'SQNR', 'cosine', 'time of float'];
  const row = (name: string, scheme: string, shape: string, part: Omit<QuantizationReport, 'layers'>): string[] => [
    name,
    scheme,
    shape,
    String(part.bytes),
    `${((100 * part.bytes) / part.floatBytes).toFixed(1)} %`,
    part.output ? `${part.output.sqnr.toFixed(1)} dB` : '',
    part.output ? part.output.cosine.toFixed(5) : '',
    part.milliseconds !== undefined && part.floatMilliseconds !== undefined
      ? `${((100 * part.milliseconds) / part.floatMilliseconds).toFixed(0)} %`
      : '',
  ];
  const rows = [
    head,
    ...layers.map((layer) => row(layer.name, layer.scheme, layer.shape?.join(' x ') ?? '', layer)),
    row('all', '', '', whole),
  ];
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => (cells[column] as string).length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => (column < 3 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

import type { ArrayReport } from './simulate-layer.ts';

/** A number as Python prints a float: whole ones with `.0`. */
function float(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function table(header: readonly string[], rows: readonly (readonly (number | string)[])[]): string {
  return [`${header.join(', ')},`, ...rows.map((row) => `${row.join(', ')},`)].map((line) => `${line}\n`).join('');
}

/** COMPUTE_REPORT.csv: cycles and utilisations (percent) of each layer. */
export function computeReport(reports: readonly ArrayReport[], elements: { rows: number; columns: number }): string {
  return table(
    [
      'LayerID',
      'Total Cycles (incl. prefetch)',
      'Total Cycles',
      'Stall Cycles',
      'Overall Util %',
      'Mapping Efficiency %',
      'Compute Util %',
    ],
    reports.map((r, i) => [
      i,
      r.cyclesWithPrefetch,
      r.cycles,
      r.stallCycles,
      float((r.macs * 100) / (r.cycles * elements.rows * elements.columns)),
      float(r.mappingEfficiency * 100),
      float(r.computeUtilisation * 100),
    ]),
  );
}

/** BANDWIDTH_REPORT.csv: words a cycle through each SRAM and to DRAM. */
export function bandwidthReport(reports: readonly ArrayReport[]): string {
  const sparse = reports.some((r) => r.sparse);
  const names = ['IFMAP', 'FILTER', 'OFMAP'];
  const header = ['LayerID', ...names.map((n) => `Avg ${n} SRAM BW`), ...names.map((n) => `Avg ${n} DRAM BW`)];
  if (sparse) header.splice(3, 0, 'Avg FILTER Metadata SRAM BW');
  return table(
    header,
    reports.map((r, i) => {
      const sram = [r.sram.input, r.sram.filter, r.sram.output].map((t) => float(t.words / r.cycles));
      if (sparse) sram.splice(2, 0, float((r.sparse?.metadata ?? 0) / r.cycles));
      return [i, ...sram, ...[r.dram.input, r.dram.filter, r.dram.output].map((t) => float(t.words / (t.stop - t.start + 1)))];
    }),
  );
}

/** DETAILED_ACCESS_REPORT.csv: first and last cycle and words, for each SRAM and its DRAM interface. */
export function detailedAccessReport(reports: readonly ArrayReport[]): string {
  const memories = ['SRAM', 'DRAM'].flatMap((level) => ['IFMAP', 'Filter', 'OFMAP'].map((name) => `${level} ${name}`));
  return table(
    [
      'LayerID',
      ...memories.flatMap((memory) => [
        `${memory} Start Cycle`,
        `${memory} Stop Cycle`,
        `${memory} ${memory.endsWith('OFMAP') ? 'Writes' : 'Reads'}`,
      ]),
    ],
    reports.map((r, i) => [
      i,
      ...[r.sram, r.dram].flatMap((level) =>
        [level.input, level.filter, level.output].flatMap((t) => [float(t.start), float(t.stop), t.words]),
      ),
    ]),
  );
}

/** SPARSE_REPORT.csv: words of 32 bits that each sparse filter takes. */
export function sparseReport(reports: readonly ArrayReport[]): string {
  return table(
    [
      'LayerID',
      'Sparsity Representation',
      'Original Filter Storage',
      'New Storage (Filter+Metadata)',
      'Filter Metadata Storage',
      'Avg FILTER Metadata SRAM BW',
    ],
    reports.flatMap((r, i) =>
      r.sparse
        ? [
            [
              i,
              r.sparse.representation,
              r.sparse.original,
              ...[r.sparse.stored, r.sparse.metadata].map((w) => (r.sparse!.representation === 'ellpack_block' ? float(w) : w)),
              float(r.sparse.metadata / r.cycles),
            ],
          ]
        : [],
    ),
  ).replace(/,\n/, ', \n');
}

/** BANK_REPORT.csv: lines through each bank of each SRAM, and what conflicts cost. */
export function bankReport(reports: readonly ArrayReport[]): string {
  return table(
    ['LayerID', 'SRAM', 'Bank', 'Lines accessed', 'Cycles with conflicts (SRAM)', 'Stall Cycles (SRAM)'],
    reports.flatMap((report, i) =>
      Object.entries(report.banks ?? {}).flatMap(([memory, { accesses, conflicts, stallCycles }]) =>
        accesses.map((lines, bank) => [i, memory, bank, lines, conflicts, stallCycles]),
      ),
    ),
  );
}

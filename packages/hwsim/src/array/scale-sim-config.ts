import { ParseError } from '../parse-error.ts';
import { dataflows, type Dataflow } from './dataflow.ts';
import type { ArrayConfig } from './memory-options.ts';
import { requireOptions, requireText } from '../validation.ts';

/**
 * Reads SCALE-Sim's configuration file (INI, `key : value` or `key = value`).
 *
 * In `USER` mode v3 takes the two read bandwidths from `[layout] ...SRAMBankBandwidth` and only the write bandwidth from `Bandwidth`;
 * files without that section (v2) use `Bandwidth` for all three.
 *
 * @throws ParseError with file, line and reason
 */
export function readScaleSimConfig(text: string, options: { name?: string } = {}): ArrayConfig {
  const { name = 'scale.cfg' } = requireOptions(options);
  requireText('text', text);
  const values = new Map<string, { value: string; line: number }>();
  let section = '';
  text.split(/\r\n|\n|\r/).forEach((raw, i) => {
    const row = raw.trim();
    if (row === '' || row.startsWith('#') || row.startsWith(';')) return;
    const heading = /^\[(.+)\]$/.exec(row);
    if (heading) {
      section = heading[1]!.trim().toLowerCase();
      return;
    }
    const pair = /^([^:=]+)[:=](.*)$/.exec(row);
    if (!pair) throw new ParseError(name, i + 1, `${JSON.stringify(row)} is neither a [section] nor a key : value pair`);
    values.set(`${section}.${pair[1]!.trim().toLowerCase()}`, { value: pair[2]!.trim(), line: i + 1 });
  });
  const text_ = (key: string): string | undefined => values.get(key.toLowerCase())?.value;
  const integer = (key: string, fallback?: number): number => {
    const found = values.get(key.toLowerCase());
    if (!found) {
      if (fallback !== undefined) return fallback;
      throw new ParseError(name, 0, `${key} is missing`);
    }
    if (!/^\d+$/.test(found.value) || !Number.isSafeInteger(Number(found.value)))
      throw new ParseError(name, found.line, `${key} is ${JSON.stringify(found.value)}, expected a whole number`);
    return Number(found.value);
  };
  const flag = (key: string): boolean => text_(key)?.toLowerCase() === 'true';
  const word = <T extends string>(key: string, choices: readonly T[], fallback?: T): T => {
    const found = values.get(key.toLowerCase());
    const value = (found?.value.toLowerCase() ?? fallback) as T;
    if (!choices.includes(value))
      throw new ParseError(name, found?.line ?? 0, `${key} is ${JSON.stringify(found?.value)}, expected one of ${choices.join(', ')}`);
    return value;
  };
  const preset = 'architecture_presets';
  const finite = word('run_presets.InterfaceBandwidth', ['calc', 'user'], 'calc') === 'user';
  const bandwidth = finite ? integer(`${preset}.Bandwidth`) : 0;
  return {
    name: text_('general.run_name') ?? name,
    rows: integer(`${preset}.ArrayHeight`),
    columns: integer(`${preset}.ArrayWidth`),
    dataflow: word<Dataflow>(`${preset}.Dataflow`, dataflows),
    inputKiB: integer(`${preset}.IfmapSramSzkB`),
    filterKiB: integer(`${preset}.FilterSramSzkB`),
    outputKiB: integer(`${preset}.OfmapSramSzkB`),
    interface: finite ? 'finite' : 'estimate',
    ...(finite && {
      inputBandwidth: integer('layout.IfmapSRAMBankBandwidth', bandwidth),
      filterBandwidth: integer('layout.FilterSRAMBankBandwidth', bandwidth),
      outputBandwidth: bandwidth,
    }),
    ...(flag('sparsity.SparsitySupport') && {
      sparsity: {
        representation: word('sparsity.SparseRep', ['csr', 'csc', 'ellpack_block'] as const),
        rowWise: flag('sparsity.OptimizedMapping'),
        blockSize: integer('sparsity.BlockSize', 4),
        seed: integer('sparsity.RandomNumberGeneratorSeed', 40),
      },
    }),
  };
}

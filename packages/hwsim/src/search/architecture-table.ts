import { ParseError } from '../parse-error.ts';
import { requireOptions, requireText } from '../validation.ts';

/** A network of a tabular benchmark: one choice a layer. */
export interface Architecture {
  readonly choices: readonly number[];
  /** Test accuracy, percent. */
  readonly accuracy: number;
  readonly parameters: number;
  readonly operations: number;
}

/** Every network of a search space with its measured accuracy. */
export interface ArchitectureTable {
  readonly layers: number;
  readonly choices: number;
  readonly all: readonly Architecture[];
  readonly get: (choices: readonly number[]) => Architecture;
}

/**
 * Reads NAS-Bench-Macro as CSV: `arch,mean_acc,std,params,flops`, arch a digit a layer ("Prioritized Architecture Sampling with Monto-Carlo Tree Search", 2021,
 * arXiv 2103.11922).
 *
 * @throws ParseError with line and reason; the table must hold every combination once
 */
export function readArchitectureTable(text: string, options: { name?: string } = {}): ArchitectureTable {
  const { name = 'architectures.csv' } = requireOptions(options);
  const byName = new Map<string, Architecture>();
  const lines = requireText('text', text).trim().split(/\r?\n/);
  for (let i = 1; i < lines.length; i++) {
    const [arch = '', ...figures] = lines[i]!.split(',').map((field) => field.trim());
    const [accuracy, , parameters, operations] = figures.map(Number);
    if (!/^\d+$/.test(arch) || ![accuracy, parameters, operations].every((x) => Number.isFinite(x)))
      throw new ParseError(name, i + 1, `${JSON.stringify(lines[i])} isn't arch,mean_acc,std,params,flops`);
    if (byName.has(arch)) throw new ParseError(name, i + 1, `architecture ${arch} is there twice`);
    byName.set(arch, { choices: Array.from(arch, Number), accuracy: accuracy!, parameters: parameters!, operations: operations! });
  }
  const all = [...byName.values()];
  if (all.length === 0) throw new ParseError(name, 1, 'no architectures after the header line');
  const layers = all[0]!.choices.length;
  const choices = 1 + all.reduce((most, a) => Math.max(most, ...a.choices), 0);
  if (all.some((a) => a.choices.length !== layers) || all.length !== choices ** layers)
    throw new ParseError(name, 0, `${all.length} architectures, expected all ${choices}^${layers}`);
  return {
    layers,
    choices,
    all,
    get: (wanted) => {
      const found = byName.get(wanted.join(''));
      if (!found) throw new RangeError(`choices are [${wanted.join(', ')}], expected ${layers} of 0 to ${choices - 1}`);
      return found;
    },
  };
}

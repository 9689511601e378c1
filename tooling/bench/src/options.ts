import type { CompareOptions } from './compare.ts';

const known = ['name', 'candidates', 'flops', 'bytes', 'limit', 'seconds', 'warmup', 'log'];

/** @throws TypeError or RangeError naming the option, its value and what is expected. */
export function checkOptions({ name, candidates, flops, bytes, limit, seconds, warmup, ...rest }: CompareOptions): void {
  const unknown = Object.keys(rest).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new TypeError(`compare doesn't know the option ${unknown.join(', ')}; it takes ${known.join(', ')}.`);
  if (typeof name !== 'string' || name.trim() === '') throw new TypeError(`name must be what the benchmark is called, not ${show(name)}.`);
  if (typeof candidates !== 'object' || candidates === null || Object.keys(candidates).length === 0) {
    throw new TypeError(`candidates of "${name}" must be an object with at least one function by its label, not ${show(candidates)}.`);
  }
  for (const [label, candidate] of Object.entries(candidates)) {
    if (/^\d+$/.test(label))
      throw new TypeError(
        `candidates of "${name}" can't be labelled ${label}: objects put numbers first, so the order would be lost. Write a word.`,
      );
    const run = typeof candidate === 'object' && candidate !== null ? candidate.run : candidate;
    if (typeof run !== 'function')
      throw new TypeError(`candidates.${label} of "${name}" must be a function or {setup, run, teardown}, not ${show(candidate)}.`);
  }
  const positive = (option: string, value: number | undefined, unit: string): void => {
    if (value !== undefined && !(value > 0 && Number.isFinite(value)))
      throw new RangeError(`${option} of "${name}" must be a positive number of ${unit}, not ${show(value)}.`);
  };
  positive('flops', flops, 'operations in one run');
  positive('bytes', bytes, 'bytes in one run');
  positive('seconds', seconds, 'seconds for each candidate');
  if (warmup !== undefined && !(warmup >= 0 && Number.isFinite(warmup)))
    throw new RangeError(`warmup of "${name}" must be a number of seconds >= 0, not ${show(warmup)}.`);
  if (limit === undefined) return;
  if (limit.flops === undefined && limit.bytes === undefined)
    throw new TypeError(`limit of "${name}" must have flops (in FLOP/s) or bytes (in bytes/s), not ${show(limit)}.`);
  positive('limit.flops', limit.flops, 'FLOP/s');
  positive('limit.bytes', limit.bytes, 'bytes/s');
  if (limit.flops !== undefined && flops === undefined)
    throw new TypeError(`limit.flops of "${name}" needs flops, the operations of one run, to be compared with.`);
  if (limit.bytes !== undefined && bytes === undefined)
    throw new TypeError(`limit.bytes of "${name}" needs bytes, the traffic of one run, to be compared with.`);
}

function show(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(value)
    : typeof value === 'string'
      ? JSON.stringify(value)
      : String(value);
}

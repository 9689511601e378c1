import { measureRounds, type Candidate } from './rounds.ts';
import { checkOptions } from './options.ts';
import { formatComparison } from './format.ts';

export interface Limit {
  /** What the hardware can do at most, in FLOP/s. */
  readonly flops?: number;
  /** What memory or cache can feed at most, in bytes/s. */
  readonly bytes?: number;
}

export interface CompareOptions {
  readonly name: string;
  /** What is compared, by label; ratios are to the first. */
  readonly candidates: Readonly<Record<string, Candidate | Candidate['run']>>;
  /** Arithmetic operations in one run, for the GFLOP/s column. */
  readonly flops?: number;
  /** Bytes that one run has to read and write, for the GB/s column. */
  readonly bytes?: number;
  /** The most that can be reached; the rates are also shown as a share of it. */
  readonly limit?: Limit;
  /** Seconds of measurement for each candidate. */
  readonly seconds?: number;
  /** Seconds each candidate runs before it is measured. */
  readonly warmup?: number;
  /** Where the table goes; `null` for nowhere. */
  readonly log?: ((text: string) => void) | null;
}

export interface CandidateResult {
  readonly label: string;
  /** Seconds a run: the median and the least over the rounds. */
  readonly median: number;
  readonly min: number;
  /** How often it was measured, and how many runs were made in all. */
  readonly rounds: number;
  readonly runs: number;
  /** How many times faster than the first candidate: the median of the rounds' ratios. */
  readonly ratio: number;
}

export interface Comparison {
  readonly name: string;
  readonly flops?: number;
  readonly bytes?: number;
  readonly limit?: Limit;
  readonly results: readonly CandidateResult[];
}

/**
 * Measures candidates side by side, interleaved round by round (A B C A B C ...), so that a slow spell of the machine
 * meets all of them alike, and prints a table with their ratios, rates and share of the limit.
 *
 * A candidate is a function, synchronous or not, or `{setup, run, teardown}`; only `run` is timed.
 *
 * @throws TypeError or RangeError for options that make no sense, before anything runs.
 * @example
 * await compare({ name: 'sum 1e6', candidates: { loop: () => sum(a), reduce: () => a.reduce((x, y) => x + y) }, bytes: 8e6 });
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  checkOptions(options);
  const { name, candidates, flops, bytes, limit, seconds = 1, warmup = 0.2, log = console.log } = options;
  const labels = Object.keys(candidates);
  const samples = await measureRounds(
    Object.values(candidates).map((candidate) => (typeof candidate === 'function' ? { run: candidate } : candidate)),
    { seconds, warmup },
  );
  const results = labels.map((label, index): CandidateResult => {
    const { times, runs } = samples[index]!;
    return {
      label,
      median: median(times),
      min: Math.min(...times),
      rounds: times.length,
      runs,
      ratio: median(times.map((time, round) => samples[0]!.times[round]! / time)),
    };
  });
  const comparison: Comparison = {
    name,
    ...(flops !== undefined && { flops }),
    ...(bytes !== undefined && { bytes }),
    ...(limit && { limit }),
    results,
  };
  log?.(formatComparison(comparison));
  return comparison;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

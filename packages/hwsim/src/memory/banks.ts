import { requireInteger, requireOptions } from '../validation.ts';

/** How a memory is divided: lines of `wordsPerLine` words, line l in bank l mod `count`, each bank giving `ports` lines a cycle. */
export interface Banks {
  readonly count: number;
  readonly wordsPerLine?: number;
  readonly ports?: number;
}

/** What the banks of one memory did. */
export interface BankTraffic {
  /** Lines each bank gave or took. */
  readonly accesses: readonly number[];
  /** Cycles in which some bank was asked for more lines than it has ports. */
  readonly conflicts: number;
  /** Cycles lost to them. */
  readonly stallCycles: number;
}

/** Counts of a memory's banks while it is asked for words, cycle by cycle. */
export interface BankMeter {
  /** The cycles that the first `count` of `words`, asked for at once, take beyond one. */
  readonly ask: (words: ArrayLike<number>, count: number) => number;
  readonly traffic: () => BankTraffic;
}

export function requireBanks(name: string, banks: Banks): Required<Banks> {
  requireOptions(banks, name);
  return {
    count: requireInteger(`${name}.count`, banks.count),
    wordsPerLine: requireInteger(`${name}.wordsPerLine`, banks.wordsPerLine ?? 1),
    ports: requireInteger(`${name}.ports`, banks.ports ?? 1),
  };
}

/**
 * A meter of bank conflicts. Words of the same line are one access, however many lanes want them; lines of one bank beyond its ports wait for the next cycle:
 * cycles = max over banks ⌈lines / ports⌉.
 *
 * @example bankMeter({ count: 4 }).ask([0, 4, 8], 3) // 2: all three are in bank 0
 */
export function bankMeter(banks: Banks): BankMeter {
  const { count, wordsPerLine, ports } = requireBanks('banks', banks);
  const accesses = new Float64Array(count);
  const asked = new Int32Array(count);
  const lines = new Set<number>();
  let [conflicts, stallCycles] = [0, 0];
  return {
    ask: (words, n) => {
      lines.clear();
      asked.fill(0);
      let most = 0;
      for (let i = 0; i < n; i++) {
        const line = Math.floor(words[i]! / wordsPerLine);
        if (lines.has(line)) continue;
        lines.add(line);
        const bank = line % count;
        accesses[bank]!++;
        most = Math.max(most, ++asked[bank]!);
      }
      const late = Math.max(0, Math.ceil(most / ports) - 1);
      if (late > 0) conflicts++;
      stallCycles += late;
      return late;
    },
    traffic: () => ({ accesses: Array.from(accesses), conflicts, stallCycles }),
  };
}

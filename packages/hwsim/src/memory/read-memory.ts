import type { DemandLine } from '../array/demand.ts';

/** What went over the interface to DRAM: words, and the cycles of the first and the last. */
export interface DramTraffic {
  readonly words: number;
  readonly start: number;
  readonly stop: number;
}

/** A read memory between the array and DRAM. */
export interface ReadMemory {
  /** Serves the words of one cycle; returns how many cycles late it is (0: in time; v3's arithmetic can make it negative). */
  readonly serve: (line: DemandLine, cycle: number) => number;
  /** Ends the run and tells what DRAM saw. */
  readonly finish: () => DramTraffic;
}

/** Cycles between a word's request and its arrival, when it is in the buffer. */
export const hitLatency = 1;

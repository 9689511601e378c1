import type { DemandLine, FetchOrder } from '../array/demand.ts';
import { forEachFetched } from '../array/demand.ts';
import { hitLatency, type DramTraffic, type ReadMemory } from './read-memory.ts';

export interface DoubleBufferOptions {
  /** Capacity in words; half of it serves, half prefetches. */
  readonly words: number;
  /** Words that come from DRAM a cycle. */
  readonly bandwidth: number;
  /** SCALE-Sim v3 adds every stall twice and subtracts the slack of prefetches that were early. */
  readonly doubleStalls?: boolean;
  /** How many words the tensor has. */
  readonly tensorWords: number;
}

/**
 * A double-buffered SRAM with a finite interface to DRAM, by SCALE-Sim's model ("SCALE-Sim: Systolic CNN Accelerator Simulator", 2018, arXiv 1811.02883).
 *
 * The operand arrives in fetch order, in sets of ⌈capacity/100⌉ words; the serving half is loaded before cycle 0. A miss makes the prefetched half
 * serve and asks DRAM for the next half, one line of `bandwidth` words a cycle from the end of the last prefetch; the array waits until it is there.
 * The fetch order starts again from its beginning when it ends.
 */
export function doubleBuffer(order: FetchOrder, options: DoubleBufferOptions): ReadMemory {
  const { words, bandwidth, doubleStalls = false, tensorWords } = options;
  const serving = Math.ceil(words * 0.5);
  const prefetching = words - serving;
  const perSet = Math.ceil(words / 100);
  const elements = order.rows * order.columns;
  const fetched = new Int32Array(elements);
  let count = 0;
  forEachFetched(order, (word) => {
    if (word >= 0) fetched[count++] = word;
  });
  // A last set, perhaps empty, always follows.
  const sets = Math.floor(count / perSet) + 1;
  const servingSets = Math.min(sets, Math.ceil(serving / perSet));
  const prefetchSets = Math.min(sets - servingSets, Math.ceil(prefetching / perSet));
  const held = new Uint8Array(sets);
  const copies = new Uint32Array(tensorWords);
  const setHeld = (set: number, hold: boolean): void => {
    if ((held[set] === 1) === hold) return;
    held[set] = hold ? 1 : 0;
    const end = Math.min(count, (set + 1) * perSet);
    for (let i = set * perSet; i < end; i++) copies[fetched[i]!]! += hold ? 1 : -1;
  };
  let start = 0;
  for (let set = 0; set < servingSets; set++) setHeld(set, true);
  const lines = Math.ceil(elements / bandwidth);
  const firstLines = Math.min(lines, Math.ceil(serving / bandwidth));
  const prefetchLines = Math.ceil(prefetching / bandwidth);
  let lastPrefetch = -1;
  let dramWords = firstLines * bandwidth;
  const prefetch = (): void => {
    start = (start + prefetchSets) % sets;
    const end = (start + servingSets) % sets;
    for (let set = 0; set < sets; set++) setHeld(set, start < end ? set >= start && set < end : set >= start || set < end);
    dramWords += prefetchLines * bandwidth;
    lastPrefetch += prefetchLines + 1;
  };
  const serve = (line: DemandLine, cycle: number): number => {
    let offset = hitLatency;
    for (let i = 0; i < line.count; i++) {
      for (let tries = 0; copies[line.words[i]!] === 0; tries++) {
        if (tries > sets || prefetchSets === 0)
          throw new Error(`word ${line.words[i]} is never fetched: the fetch order doesn't hold what the array asks for`);
        prefetch();
        const wait = lastPrefetch - (cycle + offset);
        if (doubleStalls) offset += wait;
        if (wait > 0) offset += wait;
      }
    }
    return offset - hitLatency;
  };
  return { serve, finish: (): DramTraffic => ({ words: dramWords, start: -firstLines, stop: lastPrefetch }) };
}

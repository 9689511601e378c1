import type { DemandLine } from '../array/demand.ts';
import { hitLatency, type DramTraffic, type ReadMemory } from './read-memory.ts';

/**
 * A double-buffered SRAM that never stalls and tells what bandwidth that would have needed (SCALE-Sim's `CALC` mode).
 *
 * Words are gathered into sets of ⌊capacity/100⌋ in the order they are first asked for; fifty sets serve and fifty prefetch. The first fifty come at
 * `bandwidth` words a cycle before the first request; later halves spread over the time the half before was in use.
 */
export function bandwidthEstimate(options: { words: number; bandwidth: number; tensorWords: number }): ReadMemory {
  const { words, bandwidth, tensorWords } = options;
  const perSet = Math.floor(words / 100);
  if (perSet < 1)
    throw new RangeError(`a buffer of ${words} words is too small, expected at least 100 so that it can be kept in a hundred sets`);
  const half = 50;
  // The set each word was last put into; -1 is none. Sets before `firstSet` are gone.
  const setOf = new Int32Array(tensorWords).fill(-1);
  let [firstSet, currentSet, inCurrent] = [0, 0, 0];
  let dramWords = 0;
  let [start, prefetchStart, prefetchEnd] = [0, -2, -1];
  let firstRequest = 0;
  let [requested, firstHalfDone] = [false, false];
  const halfFull = (cycle: number): void => {
    if (!firstHalfDone) {
      prefetchEnd = firstRequest - 1 - hitLatency;
      prefetchStart = prefetchEnd - Math.ceil((half * perSet) / bandwidth) + 1;
      start = prefetchStart + hitLatency;
      firstHalfDone = true;
    }
    dramWords += half * perSet;
    firstSet += half;
    prefetchStart = prefetchEnd + 1;
    prefetchEnd = cycle;
  };
  const serve = (line: DemandLine, cycle: number): number => {
    if (!requested && line.count > 0) {
      requested = true;
      firstRequest = cycle;
    }
    for (let i = 0; i < line.count; i++) {
      const word = line.words[i]!;
      if (setOf[word]! >= firstSet) continue;
      setOf[word] = currentSet;
      if (++inCurrent < perSet) continue;
      inCurrent = 0;
      currentSet++;
      if (currentSet === firstSet + half) halfFull(cycle);
    }
    return 0;
  };
  const finish = (): DramTraffic => {
    const remaining = (currentSet - firstSet) * perSet + inCurrent;
    const sets = currentSet - firstSet + (inCurrent > 0 ? 1 : 0);
    if (!firstHalfDone) {
      prefetchEnd = -1 - hitLatency;
      prefetchStart = prefetchEnd - Math.ceil((sets * perSet) / bandwidth) + 1;
      start = prefetchStart + hitLatency;
    }
    return { words: dramWords + remaining, start, stop: prefetchEnd + hitLatency };
  };
  return { serve, finish };
}

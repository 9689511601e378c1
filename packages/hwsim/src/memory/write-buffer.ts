import type { DemandLine } from '../array/demand.ts';
import type { DramTraffic } from './read-memory.ts';

export interface WriteMemory {
  /** Takes the words of one cycle; returns how many cycles late it is. */
  readonly serve: (line: DemandLine, cycle: number) => number;
  /** Empties what is left from `cycle` on and tells what DRAM saw. */
  readonly finish: (cycle: number) => DramTraffic;
}

/**
 * A double-buffered output SRAM: words gather in lines of `bandwidth`; when more than half is taken, half drains, a line a cycle;
 * the array waits only when nothing is free while a drain goes on. A line that a drain cut short counts in full unless it is the drain's last,
 * as SCALE-Sim counts it.
 */
export function writeBuffer(options: { words: number; bandwidth: number }): WriteMemory {
  const { words, bandwidth } = options;
  const serving = Math.ceil(words * 0.5);
  const draining = words - serving;
  const linesPerDrain = Math.ceil(draining / bandwidth);
  const filled: number[] = [];
  let inLine = 0;
  let free = words;
  let drained = 0;
  let drainEnd = 0;
  let dramWords = 0;
  let [start, stop] = [Infinity, -Infinity];
  const closeLine = (): void => {
    if (inLine === 0) return;
    filled.push(inLine);
    inLine = 0;
  };
  const drain = (cycle: number): void => {
    const end = Math.min(drained + linesPerDrain, filled.length);
    const moved = (end - drained - 1) * bandwidth + filled[end - 1]!;
    dramWords += moved;
    free += moved;
    start = Math.min(start, cycle);
    drainEnd = cycle + end - drained - 1;
    stop = Math.max(stop, drainEnd);
    drained = end;
  };
  const serve = (line: DemandLine, cycle: number): number => {
    let now = cycle;
    for (let i = 0; i < line.count; i++) {
      free--;
      if (++inLine === bandwidth) closeLine();
      if (now < drainEnd) {
        if (free <= 0) now = drainEnd;
      } else if (free < serving) {
        closeLine();
        drain(now);
      }
    }
    return now - cycle;
  };
  const finish = (cycle: number): DramTraffic => {
    closeLine();
    for (let now = cycle; drained < filled.length; now = drainEnd + 1) drain(now);
    return filled.length === 0 ? { words: 0, start: 0, stop: 0 } : { words: dramWords, start, stop };
  };
  return { serve, finish };
}

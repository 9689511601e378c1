import { requireInteger, requireOptions } from '../validation.ts';
import type { Message } from './simulate-messages.ts';

/** Start of part i of `parts` of a buffer of `bytes`. */
function cut(bytes: number, i: number, parts: number): number {
  return Math.floor((bytes * i) / parts);
}

function requireCollective(npus: number, bytes: number): void {
  requireInteger('npus', npus, 2);
  requireInteger('bytes', bytes);
  if (npus > 4096)
    throw new RangeError(`npus is ${npus}, expected at most 4096: larger collectives make too many messages; use the alpha-beta forms`);
}

/** One direction round a ring of `ranks` for `steps` steps; step t of place r sends part (r − t + shift) mod n. */
function ringSteps(
  messages: Message[],
  ranks: readonly number[],
  steps: number,
  start: number,
  bytes: number,
  reduce: boolean,
  shift: number,
  after: readonly (readonly number[])[],
): number[][] {
  const n = ranks.length;
  let previous = after;
  for (let t = 0; t < steps; t++) {
    const arriving: number[][] = Array.from({ length: n }, () => []);
    for (let r = 0; r < n; r++) {
      const part = (((r - t + shift) % n) + n) % n;
      const offset = cut(bytes, part, n);
      arriving[(r + 1) % n] = [messages.length];
      messages.push({
        from: ranks[r]!,
        to: ranks[(r + 1) % n]!,
        offset: start + offset,
        bytes: cut(bytes, part + 1, n) - offset,
        reduce,
        after: previous[r] ?? [],
      });
    }
    previous = arriving;
  }
  return previous as number[][];
}

const everyone = (npus: number): number[] => Array.from({ length: npus }, (_, i) => i);

/** Ring reduce-scatter: n − 1 steps; place r ends with part r + 1 summed. `bytes` is each NPU's whole buffer. */
export function ringReduceScatter(npus: number, bytes: number): Message[] {
  requireCollective(npus, bytes);
  const messages: Message[] = [];
  ringSteps(messages, everyone(npus), npus - 1, 0, bytes, true, 0, []);
  return messages;
}

/** Ring all-gather: n − 1 steps; place r begins with part r. `bytes` is the whole gathered buffer. */
export function ringAllGather(npus: number, bytes: number): Message[] {
  requireCollective(npus, bytes);
  const messages: Message[] = [];
  ringSteps(messages, everyone(npus), npus - 1, 0, bytes, false, 0, []);
  return messages;
}

/** Ring all-reduce: reduce-scatter, then all-gather, 2(n − 1) steps. */
export function ringAllReduce(npus: number, bytes: number): Message[] {
  requireCollective(npus, bytes);
  const messages: Message[] = [];
  const scattered = ringSteps(messages, everyone(npus), npus - 1, 0, bytes, true, 0, []);
  ringSteps(messages, everyone(npus), npus - 1, 0, bytes, false, 1, scattered);
  return messages;
}

/** Recursive halving, then doubling: 2 log2 n exchanges ("Optimization of Collective Communication Operations in MPICH", 2005). A power of two of NPUs. */
export function halvingDoublingAllReduce(npus: number, bytes: number): Message[] {
  requireCollective(npus, bytes);
  if ((npus & (npus - 1)) !== 0)
    throw new RangeError(`npus is ${npus}, expected a power of two for halving and doubling; use a ring or a tree`);
  const messages: Message[] = [];
  const low = new Int32Array(npus);
  const high = new Int32Array(npus).fill(npus);
  let previous: number[][] = Array.from({ length: npus }, () => []);
  const exchange = (distance: number, halving: boolean): void => {
    const arriving: number[][] = Array.from({ length: npus }, () => []);
    for (let r = 0; r < npus; r++) {
      const partner = r ^ distance;
      const middle = (low[r]! + high[r]!) / 2;
      // Halving sends the half the partner keeps; doubling sends all there is.
      const [from, to] = !halving ? [low[r]!, high[r]!] : r & distance ? [low[r]!, middle] : [middle, high[r]!];
      const offset = cut(bytes, from, npus);
      arriving[partner] = [...previous[partner]!, messages.length];
      messages.push({ from: r, to: partner, offset, bytes: cut(bytes, to, npus) - offset, reduce: halving, after: previous[r]! });
    }
    for (let r = 0; r < npus; r++) {
      const width = high[r]! - low[r]!;
      if (halving) {
        if (r & distance) low[r] = low[r]! + width / 2;
        else high[r] = high[r]! - width / 2;
      } else if (r & distance) low[r] = low[r]! - width;
      else high[r] = high[r]! + width;
    }
    previous = arriving.map((list) => list.slice(-1));
  };
  for (let distance = npus >> 1; distance > 0; distance >>= 1) exchange(distance, true);
  for (let distance = 1; distance < npus; distance <<= 1) exchange(distance, false);
  return messages;
}

/** Up a binary tree and down again, in `chunks` pieces one behind another; `rank` says who sits at each node. */
function treeInto(messages: Message[], npus: number, start: number, bytes: number, chunks: number, rank: (node: number) => number): void {
  for (let c = 0; c < chunks; c++) {
    const offset = start + cut(bytes, c, chunks);
    const size = start + cut(bytes, c + 1, chunks) - offset;
    const arrivals: number[][] = Array.from({ length: npus }, () => []);
    for (let node = npus - 1; node > 0; node--) {
      const parent = (node - 1) >> 1;
      arrivals[parent]!.push(messages.length);
      messages.push({ from: rank(node), to: rank(parent), offset, bytes: size, reduce: true, after: arrivals[node]! });
    }
    const received: number[] = [];
    for (let node = 1; node < npus; node++) {
      const parent = (node - 1) >> 1;
      received[node] = messages.length;
      messages.push({ from: rank(parent), to: rank(node), offset, bytes: size, after: parent === 0 ? arrivals[0]! : [received[parent]!] });
    }
  }
}

/** Binary-tree all-reduce, pipelined in `chunks`. */
export function treeAllReduce(npus: number, bytes: number, options: { chunks?: number } = {}): Message[] {
  const { chunks = 1 } = requireOptions(options);
  requireCollective(npus, bytes);
  const messages: Message[] = [];
  treeInto(messages, npus, 0, bytes, requireInteger('options.chunks', chunks), (node) => node);
  return messages;
}

/** Two trees with half the buffer each, the second with the NPUs in reverse, so that leaves of one are inner nodes of the other ("Two-tree algorithms for full bandwidth broadcast, reduction and scan", 2009). */
export function doubleTreeAllReduce(npus: number, bytes: number, options: { chunks?: number } = {}): Message[] {
  const { chunks = 1 } = requireOptions(options);
  requireCollective(npus, bytes);
  requireInteger('options.chunks', chunks);
  const messages: Message[] = [];
  const half = Math.floor(bytes / 2);
  treeInto(messages, npus, 0, half, chunks, (node) => node);
  treeInto(messages, npus, half, bytes - half, chunks, (node) => npus - 1 - node);
  return messages;
}

/** Every NPU sends every other its part at once; `bytes` is each NPU's whole buffer. */
export function allToAll(npus: number, bytes: number): Message[] {
  requireCollective(npus, bytes);
  const messages: Message[] = [];
  for (let from = 0; from < npus; from++)
    for (let to = 0; to < npus; to++)
      if (to !== from) messages.push({ from, to, offset: cut(bytes, to, npus), bytes: cut(bytes, to + 1, npus) - cut(bytes, to, npus) });
  return messages;
}

/** Reduce-scatter in groups of `group` neighbours, all-reduce of each part across groups, all-gather in groups, all by rings. */
export function hierarchicalAllReduce(npus: number, bytes: number, group: number): Message[] {
  requireCollective(npus, bytes);
  requireInteger('group', group, 2);
  if (npus % group !== 0) throw new RangeError(`group is ${group}, expected a divisor of the ${npus} NPUs`);
  const groups = npus / group;
  const messages: Message[] = [];
  const ready: number[][] = Array.from({ length: npus }, () => []);
  for (let g = 0; g < groups; g++) {
    const ranks = Array.from({ length: group }, (_, i) => g * group + i);
    ringSteps(messages, ranks, group - 1, 0, bytes, true, 0, []).forEach((list, i) => (ready[ranks[i]!] = list));
  }
  if (groups > 1)
    for (let i = 0; i < group; i++) {
      const part = (i + 1) % group;
      const ranks = Array.from({ length: groups }, (_, g) => g * group + i);
      const [start, end] = [cut(bytes, part, group), cut(bytes, part + 1, group)];
      const scattered = ringSteps(
        messages,
        ranks,
        groups - 1,
        start,
        end - start,
        true,
        0,
        ranks.map((r) => ready[r]!),
      );
      ringSteps(messages, ranks, groups - 1, start, end - start, false, 1, scattered).forEach((list, g) => (ready[ranks[g]!] = list));
    }
  for (let g = 0; g < groups; g++) {
    const ranks = Array.from({ length: group }, (_, i) => g * group + i);
    ringSteps(
      messages,
      ranks,
      group - 1,
      0,
      bytes,
      false,
      1,
      ranks.map((r) => ready[r]!),
    );
  }
  return messages;
}

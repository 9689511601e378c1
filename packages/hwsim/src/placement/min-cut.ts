import { topologicalOrder } from '../graph/layer-graph.ts';
import { randomNumbers } from '../random.ts';
import { requireInteger, requireNumber, requireOptions } from '../validation.ts';
import { forwardDependencies } from './ideals.ts';
import { maxLoad, requirePlacementGraph, type PlacementGraph } from './placement-graph.ts';

/** An output and the groups it joins: its own first, then those that read it. */
interface Net {
  readonly cost: number;
  readonly groups: readonly number[];
}

export interface MinCutOptions {
  /** How much more than the mean a device may compute; 0.1 when left out. */
  readonly imbalance?: number;
  /** Places to begin at: consecutive runs of equal time, the rest drawn at random. 8 when left out. */
  readonly starts?: number;
  readonly seed?: number;
}

/**
 * The min-cut baseline: groups parted among the accelerators so that little is sent, with loads of arithmetic within `imbalance` of even; what is sent isn't weighed
 * against arithmetic. Large groups may leave a device beyond the balance, as only single groups move. k-way Fiduccia-Mattheyses ("A Linear-Time Heuristic for Improving
 * Network Partitions", 1982): in each pass every group moves once, the best move first, and the best state of the pass is kept.
 *
 * @returns device of each group, the cut (each output's transfer time once for every further device it is read on), and the maximum load; the same for the same seed
 */
export function minCutPlacement(graph: PlacementGraph, options: MinCutOptions = {}): { assignment: Int32Array; cut: number; load: number } {
  requirePlacementGraph(graph);
  const { imbalance = 0.1, starts = 8, seed = 1 } = requireOptions(options);
  requireNumber('options.imbalance', imbalance);
  requireInteger('options.starts', starts);
  const { accelerators: k, groups } = graph;
  if (k < 1) throw new RangeError('the graph has no accelerators to part its nodes among');
  const weight = new Float64Array(groups);
  for (const { group, acceleratorTime, cpuTime } of graph.nodes)
    weight[group]! += Number.isFinite(acceleratorTime) ? acceleratorTime : cpuTime;
  const most = Math.max(
    (weight.reduce((a, b) => a + b, 0) / k) * (1 + imbalance),
    weight.reduce((a, b) => Math.max(a, b), 0),
  );
  const nets = netsOf(graph);
  const random = randomNumbers(seed);
  const order = topologicalOrder(forwardDependencies(graph));
  let best: ReturnType<typeof improved> | undefined;
  for (let start = 0; start < starts; start++) {
    if (start > 0)
      for (let i = order.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1));
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
    const found = improved(equalRuns(order, weight, k), nets, weight, most, k);
    if (!best || found.cost < best.cost) best = found;
  }
  const { assignment, cut } = best!;
  return { assignment, cut, load: maxLoad(graph, assignment) };
}

/** Passes of moves from a start until none helps. */
function improved(
  assignment: Int32Array,
  nets: readonly Net[],
  weight: Float64Array,
  most: number,
  k: number,
): { assignment: Int32Array; cut: number; cost: number } {
  const groups = assignment.length;
  const netsAt: number[][] = Array.from({ length: groups }, () => []);
  nets.forEach((net, n) => net.groups.forEach((g) => netsAt[g]!.push(n)));
  const sums = new Float64Array(k);
  assignment.forEach((device, g) => (sums[device]! += weight[g]!));
  // Members of each net on each device.
  const members = nets.map((net) => {
    const on = new Int32Array(k);
    for (const g of net.groups) on[assignment[g]!]!++;
    return on;
  });
  // What lies beyond the balance costs more than any cut.
  const price = nets.reduce((sum, { cost }) => sum + cost * k, 1) / Math.max(1e-300, weight.reduce((a, b) => Math.max(a, b), 0) * 1e-3);
  const over = (load: number): number => Math.max(0, load - most * (1 + 1e-12));
  const gain = (g: number, to: number): number => {
    const from = assignment[g]!;
    let sum = price * (over(sums[from]!) + over(sums[to]!) - over(sums[from]! - weight[g]!) - over(sums[to]! + weight[g]!));
    for (const n of netsAt[g]!) {
      if (members[n]![from] === 1) sum += nets[n]!.cost;
      if (members[n]![to] === 0) sum -= nets[n]!.cost;
    }
    return sum;
  };
  const move = (g: number, to: number): void => {
    const from = assignment[g]!;
    for (const n of netsAt[g]!) {
      members[n]![from]!--;
      members[n]![to]!++;
    }
    sums[from]! -= weight[g]!;
    sums[to]! += weight[g]!;
    assignment[g] = to;
  };
  for (;;) {
    const moves: { g: number; from: number }[] = [];
    const locked = new Uint8Array(groups);
    let [sum, best, kept] = [0, 0, 0];
    while (moves.length < groups) {
      let [which, where, highest] = [-1, -1, -Infinity];
      for (let g = 0; g < groups; g++) {
        if (locked[g]) continue;
        for (let to = 0; to < k; to++) {
          if (to === assignment[g]) continue;
          const value = gain(g, to);
          if (value > highest) [which, where, highest] = [g, to, value];
        }
      }
      if (which === -1) break;
      moves.push({ g: which, from: assignment[which]! });
      locked[which] = 1;
      move(which, where);
      sum += highest;
      if (sum > best * (1 + 1e-9) + 1e-9) [best, kept] = [sum, moves.length];
    }
    for (const { g, from } of moves.slice(kept).toReversed()) move(g, from);
    if (kept === 0) break;
  }
  const cut = nets.reduce((sum, { cost }, n) => sum + cost * (members[n]!.filter((count) => count > 0).length - 1), 0);
  return { assignment, cut, cost: cut + price * sums.reduce((sum, load) => sum + over(load), 0) };
}

function netsOf(graph: PlacementGraph): Net[] {
  return graph.nodes.flatMap(({ group, transferTime, consumers }) => {
    const groups = [...new Set([group, ...consumers.map((c) => graph.nodes[c]!.group)])];
    return transferTime > 0 && groups.length > 1 ? [{ cost: transferTime, groups }] : [];
  });
}

/** Consecutive groups of an order, a device's share of the time to each. */
function equalRuns(order: readonly number[], weight: Float64Array, k: number): Int32Array {
  const total = weight.reduce((a, b) => a + b, 0);
  const assignment = new Int32Array(order.length);
  let done = 0;
  for (const g of order) {
    assignment[g] = Math.min(k - 1, Math.floor(((done + weight[g]! / 2) / Math.max(1e-300, total)) * k));
    done += weight[g]!;
  }
  return assignment;
}

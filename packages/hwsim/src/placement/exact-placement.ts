import { topologicalOrder } from '../graph/layer-graph.ts';
import { enumerateIdeals, forwardDependencies, type Ideals } from './ideals.ts';
import { mergeFreeLeaves } from './merge-free-leaves.ts';
import { deviceLoads, loadsOf, maxLoad, requirePlacementGraph, type PlacementGraph } from './placement-graph.ts';
import { requireInteger, requireOptions } from '../validation.ts';

export interface Placement {
  /** Device of each group. */
  readonly assignment: Int32Array;
  readonly load: number;
  readonly loads: Float64Array;
}

/**
 * The contiguous placement with the least maximum load, exactly: dynamic programming over the ideals of the forward graph, each device taking the
 * difference of two. "Efficient Algorithms for Device Placement of DNN Graph Operators" (2020, arXiv 2006.16423), throughput objective; a layer's backward
 * goes where its forward goes.
 *
 * Differences whose computing alone exceeds the best cut of one topological order are never looked at.
 *
 * @param graph nodes, devices, capacity
 * @param options.idealLimit refuse graphs with more ideals
 * @returns device of each group, the maximum load and all loads
 * @throws RangeError when there are too many ideals or nothing fits
 * @example exactPlacement(readPlacement(json)).load
 */
export function exactPlacement(graph: PlacementGraph, options: { idealLimit?: number } = {}): Placement {
  requirePlacementGraph(graph);
  requireOptions(options);
  if (options.idealLimit !== undefined) requireInteger('options.idealLimit', options.idealLimit);
  const { merged, into } = mergeFreeLeaves(graph);
  const { assignment } = exactOn(merged, options);
  const whole = Int32Array.from(into, (group) => assignment[group]!);
  return { assignment: whole, load: maxLoad(graph, whole), loads: deviceLoads(graph, whole) };
}

function exactOn(graph: PlacementGraph, options: { idealLimit?: number }): Placement {
  const ideals = enumerateIdeals(graph, options.idealLimit);
  const chain = chainPlacement(graph);
  const cuts = cutsOf(graph, ideals);
  const { accelerators, cpus, capacity, groups } = graph;
  const states = (accelerators + 1) * (cpus + 1);
  const best = new Float64Array(ideals.count * states).fill(Infinity);
  const from = new Int32Array(ideals.count * states).fill(-1);
  best[0] = 0;
  const bound = chain.load * (1 + 1e-12);
  const stamp = new Int32Array(ideals.count).fill(-1);
  // Ideals are numbered by size, so every start is final when it is reached.
  for (let start = 0; start < ideals.count; start++) {
    const row = start * states;
    let reached = false;
    for (let s = 0; s < states; s++) if (best[row + s]! <= bound) reached = true;
    if (!reached) continue;
    stamp[start] = start;
    const stack = [start];
    while (stack.length > 0) {
      const at = stack.pop()!;
      for (const end of ideals.next[at]!) {
        if (stamp[end] === start) continue;
        stamp[end] = start;
        const computing = cuts.acceleratorTime[end]! - cuts.acceleratorTime[start]!;
        const onCpu = cuts.cpuTime[end]! - cuts.cpuTime[start]!;
        const fits = cuts.size[end]! - cuts.size[start]! <= capacity * (1 + 1e-12);
        const worthAccelerator = computing <= bound && fits && cuts.unsupported[end]! === cuts.unsupported[start]!;
        const worthCpu = cpus > 0 && onCpu <= bound;
        if (!worthAccelerator && !worthCpu) continue;
        stack.push(end);
        const load = worthAccelerator ? computing + cuts.transfers(start, end) : Infinity;
        for (let s = 0; s < states; s++) {
          const before = best[row + s]!;
          if (before > bound) continue;
          if (load <= bound && s % (accelerators + 1) < accelerators) relax(end, s + 1, Math.max(before, load), start, s);
          if (worthCpu && s + accelerators + 1 < states) relax(end, s + accelerators + 1, Math.max(before, onCpu), start, s);
        }
      }
    }
  }
  function relax(end: number, s: number, load: number, start: number, previous: number): void {
    const index = end * states + s;
    if (load >= best[index]!) return;
    best[index] = load;
    from[index] = start * states + previous;
  }
  let last = -1;
  for (let s = 0; s < states; s++) {
    const index = (ideals.count - 1) * states + s;
    if (best[index]! < (last < 0 ? Infinity : best[last]!)) last = index;
  }
  if (last < 0) throw new RangeError('no placement fits: the devices are too small, or some node runs on none of them');
  const assignment = new Int32Array(groups);
  for (let index = last; index >= states || from[index]! >= 0; index = from[index]!) {
    const previous = from[index]!;
    const [end, start] = [Math.floor(index / states), Math.floor(previous / states)];
    const [s, p] = [index % states, previous % states];
    const device = accelerators > 0 && s - p === 1 ? (s % (accelerators + 1)) - 1 : accelerators + Math.floor(s / (accelerators + 1)) - 1;
    for (let g = 0; g < groups; g++) if (ideals.holds(end, g) && !ideals.holds(start, g)) assignment[g] = device;
  }
  return { assignment, load: maxLoad(graph, assignment), loads: deviceLoads(graph, assignment) };
}

interface Cuts {
  readonly acceleratorTime: Float64Array;
  readonly cpuTime: Float64Array;
  readonly size: Float64Array;
  readonly unsupported: Int32Array;
  /** Transfer time of the groups between two ideals on one accelerator. */
  readonly transfers: (start: number, end: number) => number;
}

/** Sums of every ideal, and its nodes with consumers on the other side, from which any difference's transfers follow. */
function cutsOf(graph: PlacementGraph, ideals: Ideals): Cuts {
  const { nodes } = graph;
  const acceleratorTime = new Float64Array(ideals.count);
  const cpuTime = new Float64Array(ideals.count);
  const size = new Float64Array(ideals.count);
  const unsupported = new Int32Array(ideals.count);
  const groupsRead = nodes.map((node) => [...new Set(node.consumers.map((c) => nodes[c]!.group))].filter((g) => g !== node.group));
  const crossing = nodes.flatMap((node, u) => (node.transferTime > 0 && groupsRead[u]!.length > 0 ? [u] : []));
  const outward: Int32Array[] = [];
  const inward: Int32Array[] = [];
  for (let i = 0; i < ideals.count; i++) {
    for (const node of nodes) {
      if (!ideals.holds(i, node.group)) continue;
      if (node.acceleratorTime === Infinity) unsupported[i]!++;
      else acceleratorTime[i]! += node.acceleratorTime;
      cpuTime[i]! += node.cpuTime;
      size[i]! += node.size;
    }
    outward.push(
      Int32Array.from(crossing.filter((u) => ideals.holds(i, nodes[u]!.group) && groupsRead[u]!.some((g) => !ideals.holds(i, g)))),
    );
    inward.push(
      Int32Array.from(crossing.filter((u) => !ideals.holds(i, nodes[u]!.group) && groupsRead[u]!.some((g) => ideals.holds(i, g)))),
    );
  }
  const transfers = (start: number, end: number): number => {
    let total = 0;
    const inside = (g: number): boolean => ideals.holds(end, g) && !ideals.holds(start, g);
    for (const u of outward[start]!) if (groupsRead[u]!.some(inside)) total += nodes[u]!.transferTime;
    for (const u of inward[end]!) if (groupsRead[u]!.some(inside)) total += nodes[u]!.transferTime;
    for (const u of outward[end]!) if (!ideals.holds(start, nodes[u]!.group)) total += nodes[u]!.transferTime;
    // Those read on both sides were just counted.
    for (const u of inward[start]!)
      if (ideals.holds(end, nodes[u]!.group) && groupsRead[u]!.every((g) => ideals.holds(end, g))) total += nodes[u]!.transferTime;
    return total;
  };
  return { acceleratorTime, cpuTime, size, unsupported, transfers };
}

/**
 * The best cuts of one topological order into consecutive pieces, one an accelerator: the least maximum load among placements of that kind.
 */
export function chainPlacement(graph: PlacementGraph): Placement {
  requirePlacementGraph(graph);
  const order = topologicalOrder(forwardDependencies(graph), (g) => `group ${g}`);
  const { accelerators, groups } = graph;
  const place = new Int32Array(groups);
  let assignment = new Int32Array(groups);
  let load = Infinity;
  if (accelerators > 0) {
    // loadOf[i][j]: groups i .. j - 1 of the order on one accelerator, measured by placing just these elsewhere than the rest.
    const loadOf = Array.from({ length: groups }, () => new Float64Array(groups + 1).fill(Infinity));
    const two: PlacementGraph = { ...graph, accelerators: 1, cpus: 1 };
    for (let i = 0; i < groups; i++) {
      place.fill(1);
      for (let j = i; j < groups; j++) {
        place[order[j]!] = 0;
        loadOf[i]![j + 1] = loadsOf(two, place)[0]!;
      }
    }
    const best = Array.from({ length: accelerators + 1 }, () => new Float64Array(groups + 1).fill(Infinity));
    const cut = Array.from({ length: accelerators + 1 }, () => new Int32Array(groups + 1));
    best[0]![0] = 0;
    for (let k = 1; k <= accelerators; k++)
      for (let j = 0; j <= groups; j++)
        for (let i = 0; i <= j; i++) {
          const most = Math.max(best[k - 1]![i]!, i === j ? 0 : loadOf[i]![j]!);
          if (most < best[k]![j]!) {
            best[k]![j] = most;
            cut[k]![j] = i;
          }
        }
    load = best[accelerators]![groups]!;
    for (let k = accelerators, j = groups; k > 0; j = cut[k]![j]!, k--) for (let p = cut[k]![j]!; p < j; p++) assignment[order[p]!] = k - 1;
  }
  if (load === Infinity && graph.cpus > 0) {
    assignment = new Int32Array(groups).fill(accelerators);
    load = maxLoad(graph, assignment);
  }
  return { assignment, load, loads: deviceLoads(graph, assignment) };
}

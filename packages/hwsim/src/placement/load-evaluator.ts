import type { Assignment, PlacementGraph } from './placement-graph.ts';

/**
 * `deviceLoads` for searches that ask for very many placements: the same loads into an array that is used again.
 *
 * @returns a function giving the maximum load and leaving all loads in `loads`
 * @throws RangeError for more than 30 devices
 */
export function loadEvaluator(graph: PlacementGraph): {
  readonly evaluate: (assignment: Assignment) => number;
  readonly loads: Float64Array;
  readonly evaluations: () => number;
} {
  const { nodes, accelerators, cpus, capacity } = graph;
  const devices = accelerators + cpus;
  if (devices > 30) throw new RangeError(`the graph has ${devices} devices, expected at most 30`);
  const loads = new Float64Array(devices);
  const sizes = new Float64Array(devices);
  const group = Int32Array.from(nodes, (node) => node.group);
  const onAccelerator = Float64Array.from(nodes, (node) => node.acceleratorTime);
  const onCpu = Float64Array.from(nodes, (node) => node.cpuTime);
  const size = Float64Array.from(nodes, (node) => node.size);
  const transfer = Float64Array.from(nodes, (node) => node.transferTime);
  const readers = nodes.map((node) => Int32Array.from(new Set(node.consumers.map((c) => nodes[c]!.group).filter((g) => g !== node.group))));
  const acceleratorMask = 2 ** accelerators - 1;
  let count = 0;
  const evaluate = (assignment: Assignment): number => {
    count++;
    loads.fill(0);
    sizes.fill(0);
    for (let i = 0; i < group.length; i++) {
      const device = assignment[group[i]!]!;
      if (device < accelerators) {
        loads[device]! += onAccelerator[i]!;
        sizes[device]! += size[i]!;
      } else loads[device]! += onCpu[i]!;
      const cost = transfer[i]!;
      if (cost === 0) continue;
      let others = 0;
      for (const reader of readers[i]!) others |= 1 << assignment[reader]!;
      others &= ~(1 << device);
      if (others === 0) continue;
      if (device < accelerators) loads[device]! += cost;
      for (others &= acceleratorMask; others !== 0; others &= others - 1) loads[31 - Math.clz32(others & -others)]! += cost;
    }
    let most = 0;
    for (let d = 0; d < devices; d++) {
      if (d < accelerators && sizes[d]! > capacity) loads[d] = Infinity;
      if (loads[d]! > most) most = loads[d]!;
    }
    return most;
  };
  return { evaluate, loads, evaluations: () => count };
}

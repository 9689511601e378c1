import { topologicalOrder } from '../graph/layer-graph.ts';
import { requireInteger, requireList, requireNumber, requireObject } from '../validation.ts';

/** An operation to be put on a device. Times in one unit of the caller's choice. */
export interface PlacementNode {
  readonly name: string;
  /** Time on an accelerator, or Infinity when it can't run there, and on a CPU. */
  readonly acceleratorTime: number;
  readonly cpuTime: number;
  /** Bytes it needs on an accelerator. */
  readonly size: number;
  /** Time to bring its output onto or off an accelerator. */
  readonly transferTime: number;
  readonly backward: boolean;
  /** Nodes of a group go to the same device: a layer's forward and backward. */
  readonly group: number;
  /** Nodes that read its output. */
  readonly consumers: readonly number[];
}

/** A model and the devices it is to be spread over. */
export interface PlacementGraph {
  readonly nodes: readonly PlacementNode[];
  readonly accelerators: number;
  readonly cpus: number;
  /** Bytes an accelerator holds. */
  readonly capacity: number;
  readonly groups: number;
}

/**
 * Reads the JSON of "Efficient Algorithms for Device Placement of DNN Graph Operators" (2020, arXiv 2006.16423): `maxFPGAs` accelerators of
 * `maxSizePerFPGA` bytes, `maxCPUs`, nodes with latencies, sizes and colour classes, edges with transfer costs.
 *
 * @throws RangeError naming the node or edge at fault, or a cycle
 */
export function readPlacement(json: unknown): PlacementGraph {
  const root = requireObject('placement', json) as {
    maxFPGAs?: unknown;
    maxCPUs?: unknown;
    maxSizePerFPGA?: unknown;
    nodes?: unknown;
    edges?: unknown;
  };
  if (!Array.isArray(root.nodes) || !Array.isArray(root.edges)) throw new RangeError('nodes or edges is missing, expected two lists');
  type Raw = {
    id?: unknown;
    name?: unknown;
    supportedOnFpga?: unknown;
    cpuLatency?: unknown;
    fpgaLatency?: unknown;
    size?: unknown;
    isBackwardNode?: unknown;
    colorClass?: unknown;
  };
  const raw = root.nodes as Raw[];
  const position = new Map<unknown, number>();
  raw.forEach((node, i) => {
    const id = node?.id;
    requireInteger(`nodes[${i}].id`, id, 0);
    if (position.has(id)) throw new RangeError(`nodes[${i}].id ${String(id)} is there twice`);
    position.set(id, i);
  });
  const consumers: number[][] = raw.map(() => []);
  const transfer = new Float64Array(raw.length);
  (root.edges as ({ sourceId?: unknown; destId?: unknown; cost?: unknown } | null)[]).forEach((edge, e) => {
    const { sourceId, destId, cost } = edge ?? {};
    const [from, to] = [position.get(sourceId), position.get(destId)];
    if (from === undefined || to === undefined)
      throw new RangeError(`edges[${e}] joins ${String(sourceId)} and ${String(destId)}, which aren't both nodes`);
    consumers[from]!.push(to);
    transfer[from] = Math.max(transfer[from]!, requireNumber(`edges[${e}].cost`, cost));
  });
  const groupOf = new Map<unknown, number>();
  const nodes = raw.map((node, i): PlacementNode => {
    const colour = node.colorClass ?? `node ${i}`;
    if (!groupOf.has(colour)) groupOf.set(colour, groupOf.size);
    return {
      name: typeof node.name === 'string' ? node.name : String(node.id),
      acceleratorTime: node.supportedOnFpga ? requireNumber(`nodes[${i}].fpgaLatency`, node.fpgaLatency) : Infinity,
      cpuTime: requireNumber(`nodes[${i}].cpuLatency`, node.cpuLatency),
      size: requireNumber(`nodes[${i}].size`, node.size ?? 0),
      transferTime: transfer[i]!,
      backward: Boolean(node.isBackwardNode),
      group: groupOf.get(colour)!,
      consumers: consumers[i]!,
    };
  });
  const producers: number[][] = nodes.map(() => []);
  nodes.forEach((node, i) => node.consumers.forEach((c) => producers[c]!.push(i)));
  topologicalOrder(producers, (i) => nodes[i]!.name);
  return {
    nodes,
    accelerators: requireInteger('maxFPGAs', root.maxFPGAs, 0),
    cpus: requireInteger('maxCPUs', root.maxCPUs, 0),
    capacity: requireNumber('maxSizePerFPGA', root.maxSizePerFPGA),
    groups: groupOf.size,
  };
}

/** Device of each group: 0 .. accelerators − 1 are accelerators, then CPUs. */
export type Assignment = ArrayLike<number>;

/**
 * How long each device is busy with one sample in a full pipeline: its nodes' times, and on an accelerator the transfer of every distinct output that
 * comes in or goes out. A CPU pays no transfers. An accelerator that can't run or hold its nodes is at Infinity.
 */
export function deviceLoads(graph: PlacementGraph, assignment: Assignment): Float64Array {
  requirePlacementGraph(graph);
  requireAssignment('assignment', assignment, graph);
  return loadsOf(graph, assignment);
}

/** Refuses what is no graph of `readPlacement`'s kind. */
export function requirePlacementGraph(graph: PlacementGraph): void {
  requireList('graph.nodes', requireObject('graph', graph).nodes);
  for (const field of ['accelerators', 'cpus', 'groups'] as const) requireInteger(`graph.${field}`, graph[field], 0);
  if (graph.capacity !== Infinity) requireNumber('graph.capacity', graph.capacity);
  for (const [i, node] of graph.nodes.entries()) {
    const { group, consumers } = requireObject(`graph.nodes[${i}]`, node);
    if (requireInteger(`graph.nodes[${i}].group`, group, 0) >= graph.groups)
      throw new RangeError(`graph.nodes[${i}].group is ${group}, expected one of the ${graph.groups} groups`);
    requireList(`graph.nodes[${i}].consumers`, consumers);
  }
}

/** Refuses a placement that doesn't put each group on a device there is. */
export function requireAssignment(name: string, assignment: Assignment, { groups, accelerators, cpus }: PlacementGraph): void {
  requireList(name, assignment);
  for (let group = 0; group < groups; group++)
    if (requireInteger(`${name}[${group}]`, assignment[group], 0) >= accelerators + cpus)
      throw new RangeError(`${name}[${group}] is ${assignment[group]}, expected one of the ${accelerators + cpus} devices`);
}

/** `deviceLoads` of what has been checked. */
export function loadsOf(graph: PlacementGraph, assignment: Assignment): Float64Array {
  const { nodes, accelerators, cpus, capacity } = graph;
  const loads = new Float64Array(accelerators + cpus);
  const sizes = new Float64Array(accelerators);
  const seen = new Set<number>();
  nodes.forEach(({ group, acceleratorTime, cpuTime, size, transferTime, consumers }) => {
    const device = assignment[group]!;
    if (device >= accelerators) loads[device]! += cpuTime;
    else {
      loads[device]! += acceleratorTime;
      sizes[device]! += size;
    }
    seen.clear();
    for (const consumer of consumers) {
      const other = assignment[nodes[consumer]!.group]!;
      if (other === device || seen.has(other)) continue;
      seen.add(other);
      if (other < accelerators) loads[other]! += transferTime;
    }
    if (seen.size > 0 && device < accelerators) loads[device]! += transferTime;
  });
  for (let d = 0; d < accelerators; d++) if (sizes[d]! > capacity) loads[d] = Infinity;
  return loads;
}

/** The busiest device's load: the time between samples of a full pipeline. */
export function maxLoad(graph: PlacementGraph, assignment: Assignment): number {
  return deviceLoads(graph, assignment).reduce((most, load) => Math.max(most, load), 0);
}

import { requirePlacementGraph, type PlacementGraph } from './placement-graph.ts';
import { requireList } from '../validation.ts';

/**
 * A placement somebody made by hand: for each device the ids (or names) of its nodes, accelerators first. Other nodes of a group go where its first one does.
 *
 * @param devices lists of node names, as `nodes[].name` has them
 * @returns device of each group
 * @throws RangeError naming a node that isn't there, is there twice, is on no device, or is away from its group
 * @example placementByHand(graph, [['1', '2'], ['3']])
 */
export function placementByHand(graph: PlacementGraph, devices: readonly (readonly (string | number)[])[]): Int32Array {
  requirePlacementGraph(graph);
  requireList('devices', devices).forEach((nodes, device) => requireList(`devices[${device}]`, nodes));
  const count = graph.accelerators + graph.cpus;
  if (devices.length > count) throw new RangeError(`devices has ${devices.length} lists, but the graph has only ${count} devices`);
  const position = new Map(graph.nodes.map(({ name }, i) => [name, i]));
  const assignment = new Int32Array(graph.groups).fill(-1);
  const seen = new Set<string>();
  devices.forEach((nodes, device) => {
    for (const node of nodes) {
      const name = String(node);
      // Ids of the published files stand behind "node" in their names.
      const i = position.get(name) ?? position.get(`node${name}`);
      if (i === undefined) throw new RangeError(`devices[${device}] has the node ${JSON.stringify(name)}, which isn't one of the graph`);
      if (seen.has(graph.nodes[i]!.name)) throw new RangeError(`node ${JSON.stringify(name)} is there twice`);
      seen.add(graph.nodes[i]!.name);
      const { group } = graph.nodes[i]!;
      if (assignment[group] !== -1 && assignment[group] !== device)
        throw new RangeError(
          `node ${JSON.stringify(name)} is on device ${device}, but its group on ${assignment[group]}; nodes of a group stay together`,
        );
      assignment[group] = device;
    }
  });
  const left = assignment.indexOf(-1);
  if (left !== -1) throw new RangeError(`node ${JSON.stringify(graph.nodes.find(({ group }) => group === left)!.name)} is on no device`);
  return assignment;
}

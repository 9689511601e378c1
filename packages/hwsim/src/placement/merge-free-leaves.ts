import type { PlacementGraph } from './placement-graph.ts';

/**
 * Joins groups that cost nothing and talk to one other group only (inputs, reshapes) with that group, again and again. No placement gets worse: the
 * group computes nothing, beside its neighbour needs no transfer, and takes no space (or space is no matter, because one accelerator could hold the whole
 * graph). It keeps the number of ideals small.
 *
 * @returns the smaller graph, and for each group of the given graph its group there
 */
export function mergeFreeLeaves(graph: PlacementGraph): { merged: PlacementGraph; into: Int32Array } {
  const { nodes, groups } = graph;
  const parent = Int32Array.from({ length: groups }, (_, g) => g);
  const find = (g: number): number => {
    while (parent[g] !== g) g = parent[g]!;
    return g;
  };
  const spaceMatters = nodes.reduce((sum, node) => sum + node.size, 0) > graph.capacity;
  for (let again = true; again;) {
    again = false;
    const free = new Uint8Array(groups).fill(1);
    const neighbours = Array.from({ length: groups }, () => new Set<number>());
    for (const node of nodes) {
      const g = find(node.group);
      if (node.cpuTime !== 0 || node.acceleratorTime !== 0 || (spaceMatters && node.size !== 0)) free[g] = 0;
      for (const consumer of node.consumers) {
        const other = find(nodes[consumer]!.group);
        if (other === g) continue;
        neighbours[g]!.add(other);
        neighbours[other]!.add(g);
      }
    }
    for (let g = 0; g < groups && !again; g++) {
      if (find(g) !== g || !free[g] || neighbours[g]!.size !== 1) continue;
      parent[g] = [...neighbours[g]!][0]!;
      again = true;
    }
  }
  const number = new Map<number, number>();
  const into = Int32Array.from({ length: groups }, (_, g) => {
    const root = find(g);
    if (!number.has(root)) number.set(root, number.size);
    return number.get(root)!;
  });
  return { merged: { ...graph, groups: number.size, nodes: nodes.map((node) => ({ ...node, group: into[node.group]! })) }, into };
}

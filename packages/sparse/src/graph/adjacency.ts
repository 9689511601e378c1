import { checkMatrix } from '../pattern/check-matrix.ts';
import { fromCoordinates, type SparseMatrix } from '../pattern/interchange.ts';
import { checkArray, checkNumber, show } from '../validation.ts';
import { checkOptions } from '@x/tensor/arguments';

export interface AdjacencyOptions {
  /** Whether each node is its own neighbor too. Default true, as graph layers want it. */
  readonly selfLoops?: boolean;
}

/**
 * The adjacency matrix [nodes, nodes] of an undirected graph: 1 at both places of each edge, and, unless `selfLoops` is
 * false, on the diagonal.
 *
 * @param edges Pairs of nodes, each edge once, in either direction.
 * @throws {RangeError} if a node is out of range, or an edge is there twice or leads from a node to itself.
 * @example
 * adjacency(3, [[0, 1], [1, 2]]).pattern.nonZeros; // => 7
 */
export function adjacency(nodes: number, edges: readonly (readonly [number, number])[], options: AdjacencyOptions = {}): SparseMatrix {
  const { selfLoops = true } = checkOptions('adjacency', options);
  checkArray('adjacency', 'edges', edges);
  const where = 'adjacency';
  checkNumber(where, 'nodes', nodes, { least: 1, whole: true });
  const seen = new Set<number>();
  edges.forEach(([a, b], index) => {
    for (const node of [a, b])
      if (!Number.isInteger(node) || node < 0 || node >= nodes)
        throw new RangeError(`${where}: edges[${index}] is ${show([a, b])}, but nodes go from 0 to ${nodes - 1}.`);
    if (a === b) throw new RangeError(`${where}: edges[${index}] leads from node ${a} to itself; say { selfLoops } for all nodes instead.`);
    const place = Math.min(a, b) * nodes + Math.max(a, b);
    if (seen.has(place)) throw new RangeError(`${where}: edges[${index}] is ${show([a, b])}, which is there already; give each edge once.`);
    seen.add(place);
  });
  const loops = selfLoops ? nodes : 0;
  const count = 2 * edges.length + loops;
  const [rows, columns] = [new Int32Array(count), new Int32Array(count)];
  edges.forEach(([a, b], index) => {
    rows.set([a, b], 2 * index);
    columns.set([b, a], 2 * index);
  });
  for (let node = 0; node < loops; node++) rows[2 * edges.length + node] = columns[2 * edges.length + node] = node;
  return fromCoordinates([nodes, nodes], { rows, columns, values: new Float32Array(count).fill(1) });
}

/**
 * A graph's matrix as GCN takes it: D^-1/2 · A · D^-1/2, D the diagonal of A's row sums; a row of sum 0 stays 0. It shares A's pattern.
 *
 * T. N. Kipf, M. Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2016, arXiv 1609.02907.
 */
export function symmetricNormalized(graph: SparseMatrix): SparseMatrix {
  checkMatrix('symmetricNormalized', 'graph', graph);
  const { pattern, values } = graph;
  const { rows, pointers, indices } = pattern;
  const scale = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++) scale[row]! += values[q]!;
    scale[row] = scale[row]! > 0 ? 1 / Math.sqrt(scale[row]!) : 0;
  }
  const normalized = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++) normalized[q] = scale[row]! * values[q]! * scale[indices[q]!]!;
  return { pattern, values: normalized };
}

import type { Tensor } from '@tensorflow/tfjs-core';
import { CsrPattern } from '@x/tensor/sparse';
import type { SparseMatrix } from '../pattern/interchange.ts';
import { show } from '../validation.ts';

/** @throws {TypeError | RangeError} unless the argument is a square sparse matrix with a value for each non-zero. */
export function checkGraph(where: string, graph: unknown): asserts graph is SparseMatrix {
  const { pattern, values } = (graph ?? {}) as Partial<SparseMatrix>;
  if (!(pattern instanceof CsrPattern) || !(values instanceof Float32Array))
    throw new TypeError(`${where}: graph is ${show(graph)}, but must be a sparse matrix; make one with adjacency() or fromCoordinates().`);
  if (pattern.rows !== pattern.columns)
    throw new RangeError(`${where}: graph is [${pattern.rows}, ${pattern.columns}], but must be square, [nodes, nodes].`);
  if (values.length !== pattern.nonZeros)
    throw new RangeError(`${where}: graph has ${values.length} values for ${pattern.nonZeros} non-zeros; give one for each.`);
}

/** @throws {RangeError} unless x has a row for each node. */
export function checkNodes(where: string, x: Tensor, { pattern: { rows } }: SparseMatrix): void {
  if (x.rank !== 2 || x.shape[0] !== rows)
    throw new RangeError(
      `${where}: x is [${x.shape.join(', ')}], but must be [nodes, features] of the graph's ${rows} nodes; a graph is not cut into batches.`,
    );
}

import type { AttentionLayer } from '@x/tensor';
import type { OnnxGraph } from './onnx-graph.ts';
import type { OnnxValueFlow } from './onnx-value.ts';

/**
 * softmax(q·kᵀ / √depth)·v of each head, from queries, keys and values side by side, [n, length, 3 · width]; what comes later is not seen
 * if the layer is causal.
 */
export function addHeads(graph: OnnxGraph, { heads, causal }: AttentionLayer, width: number, x: OnnxValueFlow): OnnxValueFlow {
  const depth = width / heads;
  const [q, k, v] = graph.nodes('Split', [x.name], 3, { axis: { int: -1 }, num_outputs: { int: 3 } }) as [string, string, string];
  const apart = (part: string, order: readonly number[]): string =>
    graph.node('Transpose', [graph.node('Reshape', [part, graph.longs(`heads.${heads}.${depth}`, [0, 0, heads, depth])])], {
      perm: { ints: order },
    });
  const products = graph.node('MatMul', [apart(q, [0, 2, 1, 3]), apart(k, [0, 2, 3, 1])]);
  const scaled = graph.node('Mul', [products, graph.floats(`depth.${depth}`, [1 / Math.sqrt(depth)], [])]);
  const scores = causal ? graph.node('Add', [scaled, unseen(graph, q)]) : scaled;
  const shares = graph.node('Softmax', [scores], { axis: { int: -1 } });
  const joined = graph.node('Transpose', [graph.node('MatMul', [shares, apart(v, [0, 2, 1, 3])])], { perm: { ints: [0, 2, 1, 3] } });
  return { ...x, name: graph.node('Reshape', [joined, graph.longs(`width.${width}`, [0, 0, width])]) };
}

/** [length, length], -Infinity above the diagonal and 0 elsewhere. */
function unseen(graph: OnnxGraph, x: string): string {
  const length = graph.node('Shape', [x], { start: { int: 1 }, end: { int: 2 } });
  const square = graph.node('Concat', [length, length], { axis: { int: 0 } });
  const all = graph.node('Expand', [graph.floats('never', [-Infinity], []), square]);
  return graph.node('Trilu', [all, graph.constant('one', 'I64', [], BigInt64Array.of(1n))], { upper: { int: 1 } });
}

import { requireInteger } from '../validation.ts';
import { requireGraph, type LayerGraph, type Operation } from './layer.ts';

/**
 * The same model for another number of samples: every size that grows with the batch, times `samples` / `graph.batch`.
 *
 * @param graph described for `graph.batch` samples (1 when it doesn't say)
 * @param samples the new batch
 * @throws RangeError when a layer's size wouldn't be whole, naming the layer
 * @example withBatch(layerGraph('fc', [{ name: 'fc', operation: { type: 'gemm', m: 128, n: 10, k: 784 } }], { batch: 128 }), 32).layers[0].operation // m is 32
 */
export function withBatch(graph: LayerGraph, samples: number): LayerGraph {
  requireGraph(graph);
  requireInteger('samples', samples);
  const { batch = 1 } = graph;
  if (samples === batch) return graph;
  return {
    ...graph,
    batch: samples,
    layers: graph.layers.map((layer) => {
      const scaled = (field: string, size: number): number => {
        const value = (size * samples) / batch;
        if (!Number.isInteger(value))
          throw new RangeError(
            `layer ${JSON.stringify(layer.name)}: ${layer.operation.type}.${field} is ${size} for ${batch} samples, which isn't whole for ${samples}; describe the graph for another batch`,
          );
        return value;
      };
      return { ...layer, operation: rescaled(layer.operation, scaled, samples / batch) };
    }),
  };
}

function rescaled(op: Operation, scaled: (field: string, size: number) => number, ratio: number): Operation {
  switch (op.type) {
    case 'gemm':
      return op.right === 'activations' && op.batch !== undefined
        ? { ...op, batch: scaled('batch', op.batch) }
        : { ...op, m: scaled('m', op.m) };
    case 'conv':
    case 'depthwise':
      return { ...op, batch: scaled('batch', op.batch ?? 1) };
    case 'attention':
      return { ...op, batch: scaled('batch', op.batch) };
    case 'softmax':
    case 'norm':
      return { ...op, rows: scaled('rows', op.rows) };
    case 'embedding':
      return { ...op, lookups: scaled('lookups', op.lookups) };
    case 'moe':
      return {
        ...op,
        tokens: scaled('tokens', op.tokens),
        ...(op.loads && { loads: op.loads.map((load, e) => scaled(`loads[${e}]`, load)) }),
      };
    case 'elementwise':
      return { ...op, elements: scaled('elements', op.elements) };
    case 'optimizer':
      return op;
    case 'profiled':
      return { ...op, forward: op.forward * ratio, backward: op.backward * ratio, outputBytes: op.outputBytes * ratio };
  }
}

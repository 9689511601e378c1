import type { Layer, LayerGraph, Precision } from '@x/hwsim';

/** A way to run a network: its layers, and the format of weights and activations. */
export interface Variant {
  readonly name: string;
  readonly graph: LayerGraph;
  readonly precision: Precision;
}

/**
 * The network dense and sparse, each in single precision and in 8 bits. One that was trained sparse keeps its own density; of a dense one, all weights but the
 * last layer's are thought to be at `density`, which is a what-if: nobody trained that.
 */
export function variantsOf(graph: LayerGraph, density: number): Variant[] {
  const trainedSparse = graph.layers.some(({ weights }) => weights?.density !== undefined);
  const last = graph.layers.findLastIndex(hasMatrix);
  const dense = { ...graph, layers: graph.layers.map(({ weights: _weights, ...layer }) => layer) };
  const sparse = trainedSparse
    ? graph
    : {
        ...graph,
        layers: graph.layers.map((layer, i): Layer =>
          hasMatrix(layer) && i !== last ? { ...layer, weights: { density: { kind: 'unstructured', density } } } : layer,
        ),
      };
  const label = trainedSparse ? 'sparse' : `sparse ${100 * density} %`;
  return (
    [
      ['dense', dense],
      [label, sparse],
    ] as const
  ).flatMap(([name, layers]) =>
    (['f32', 'int8'] as const).map((precision) => ({ name: `${name} ${precision}`, graph: layers, precision })),
  );
}

function hasMatrix({ operation }: Layer): boolean {
  return operation.type === 'gemm' || operation.type === 'conv';
}

import type { ActivationLayer, BatchNormLayer, GroupNormLayer, NormLayer, RmsNormLayer } from '@x/tensor';
import type { Variable } from '@tensorflow/tfjs-core';
import type { NetworkFloatStep } from '../network/quantized-step.ts';
import { addActivation } from './activation.ts';
import type { OnnxGraph } from './onnx-graph.ts';
import { asFloats, withChannels, type OnnxValueFlow } from './onnx-value.ts';

/** A layer that stays in float: an activation, a normalization or an embedding. */
export function addFloatLayer(graph: OnnxGraph, { name, layer }: NetworkFloatStep, x: OnnxValueFlow): OnnxValueFlow {
  const floats = asFloats(graph, x);
  if (layer.kind === 'activation') {
    const { activation, slope } = layer as ActivationLayer;
    return { ...floats, name: addActivation(graph, name, floats.name, activation, slope) };
  }
  const variable = (own: string): string => {
    const values = layer.variables[own] as Variable;
    return graph.floats(`${name}.${own}`, values.dataSync(), values.shape);
  };
  const placed = withChannels(graph, floats, layer.kind === 'groupNorm');
  const done = (result: string): OnnxValueFlow => ({ ...placed, name: result });
  switch (layer.kind) {
    case 'layerNorm': {
      const { epsilon } = layer as NormLayer<'layerNorm'>;
      const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
      return done(graph.node('LayerNormalization', [placed.name, variable('gamma'), variable('beta')], attributes));
    }
    case 'rmsNorm': {
      const { epsilon } = layer as RmsNormLayer;
      const squares = graph.node('ReduceMean', [graph.node('Mul', [placed.name, placed.name]), graph.longs('last', [-1])]);
      const size = graph.node('Sqrt', [graph.node('Add', [squares, graph.floats(`${name}.epsilon`, [epsilon], [])])]);
      return done(graph.node('Mul', [graph.node('Div', [placed.name, size]), variable('gamma')]));
    }
    case 'groupNorm': {
      const { epsilon, groups } = layer as GroupNormLayer;
      const attributes = { epsilon: { float: epsilon }, num_groups: { int: groups } };
      return done(graph.node('GroupNormalization', [placed.name, variable('gamma'), variable('beta')], attributes));
    }
    case 'batchNorm': {
      const { epsilon, variables } = layer as BatchNormLayer;
      const [gamma, beta, mean, variance] = (['gamma', 'beta', 'mean', 'variance'] as const).map((own) => variables[own].dataSync());
      const factors = Float32Array.from(gamma!, (value, channel) => value / Math.sqrt(variance![channel]! + epsilon));
      const offsets = Float32Array.from(beta!, (value, channel) => value - mean![channel]! * factors[channel]!);
      const scaled = graph.node('Mul', [placed.name, graph.floats(`${name}.factor`, factors)]);
      return done(graph.node('Add', [scaled, graph.floats(`${name}.offset`, offsets)]));
    }
    case 'embedding':
      return done(graph.node('Gather', [variable('weight'), placed.name], { axis: { int: 0 } }));
    default: {
      // A positional embedding: the first rows, as many as there are places.
      const length = graph.node('Shape', [placed.name], { start: { int: 1 }, end: { int: 2 } });
      const rows = graph.node('Slice', [variable('weight'), graph.longs('first', [0]), length, graph.longs('first', [0])]);
      return done(graph.node('Add', [placed.name, rows]));
    }
  }
}

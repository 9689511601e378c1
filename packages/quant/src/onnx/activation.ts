import type { ActivationName } from '@x/tensor';
import type { OnnxGraph } from './onnx-graph.ts';

const operators: Partial<Record<ActivationName, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  selu: 'Selu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softplus: 'Softplus',
};

/** An activation of float32, by ONNX's operators; `name` is that of its layer. */
export function addActivation(graph: OnnxGraph, name: string, x: string, activation: ActivationName, slope: number): string {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu6':
      return graph.node('Clip', [x, graph.floats(`${name}.least`, [0], []), graph.floats(`${name}.most`, [6], [])]);
    case 'leakyRelu':
      return graph.node('LeakyRelu', [x], { alpha: { float: slope } });
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'gelu':
      return graph.node('Gelu', [x]);
    case 'geluTanh':
      return graph.node('Gelu', [x], { approximate: { text: 'tanh' } });
    default:
      return graph.node(operators[activation] as string, [x]);
  }
}

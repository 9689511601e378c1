import { requireInteger, requireNumber } from '../validation.ts';
import { indexBitsPerElement, shareOf } from './density.ts';
import { expertLoads, gemmShapes, outputSize } from './gemm-shape.ts';
import { formatted, requireGraph, requireLayer, type Layer, type LayerGraph, type Operation } from './layer.ts';

/** What a layer computes and moves, once, with every operand read once. */
export interface LayerCost {
  /** Multiply-accumulates of a dense layer. */
  readonly denseMacs: number;
  /** Multiply-accumulates that remain after the weights' density. */
  readonly macs: number;
  /** Operations of the vector unit (a multiply, an add, an exponential each count one). */
  readonly vectorOperations: number;
  /** Weight parameters of the dense layer. */
  readonly parameters: number;
  readonly weightBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** Whether an operation multiplies activations by activations, so that it has no weights, and two gradients of inputs. */
export function ofActivations(op: Operation): boolean {
  return op.type === 'attention' || (op.type === 'gemm' && op.right === 'activations');
}

/**
 * Arithmetic and traffic of one layer.
 *
 * Vector operations per element: softmax 5, layer norm 9, batch norm 4, RMS norm 5 (Isaev et al., Calculon, SC 2023).
 * Weights of density d keep d of their elements plus the index bits of their format.
 *
 * @returns counts and bytes
 * @throws RangeError naming the layer and field that isn't a positive whole number
 * @example layerCost({ name: 'fc', operation: { type: 'gemm', m: 1, n: 10, k: 784 } }).macs // 7840
 */
export function layerCost(layer: Layer): LayerCost {
  requireLayer(layer);
  const { operation: op, weights, activations } = formatted(layer, 32);
  const at = (field: string): string => `layer ${JSON.stringify(layer.name)}: ${op.type}.${field}`;
  const shapes = gemmShapes(layer);
  const denseMacs = shapes.reduce((sum, s) => sum + s.m * s.n * s.k * s.count, 0);
  if (!Number.isSafeInteger(denseMacs))
    throw new RangeError(
      `layer ${JSON.stringify(layer.name)} has ${denseMacs} multiply-accumulates, more than can be counted exactly; split it`,
    );
  const activationBytes = (elements: number): number => (elements * activations.bits * shareOf(activations.density)) / 8;
  const weightBytes = (elements: number, columns: number): number =>
    (elements * shareOf(weights.density) * (weights.bits + indexBitsPerElement(weights.density, columns))) / 8;
  const of = (vectorOperations: number, parameters: number, columns: number, inputs: number, outputs: number): LayerCost => ({
    denseMacs,
    macs: denseMacs * (ofActivations(op) ? 1 : shareOf(weights.density)),
    vectorOperations,
    parameters,
    weightBytes: weightBytes(parameters, columns),
    inputBytes: activationBytes(inputs),
    outputBytes: activationBytes(outputs),
  });
  switch (op.type) {
    case 'gemm': {
      const batch = op.batch ?? 1;
      const [left, right, result] = [op.m * op.k * batch, op.n * op.k * batch, op.m * op.n * batch];
      return ofActivations(op) ? of(0, 0, 1, left + right, result) : of(0, right, op.k, left, result);
    }
    case 'conv':
    case 'depthwise': {
      const { height, width } = outputSize(op);
      const batch = op.batch ?? 1;
      const filters = op.type === 'conv' ? op.filters : op.channels * (op.multiplier ?? 1);
      const window = op.kernelHeight * op.kernelWidth * (op.type === 'conv' ? op.channels : 1);
      return of(0, filters * window, window, batch * op.height * op.width * op.channels, batch * height * width * filters);
    }
    case 'attention': {
      const heads = op.batch * op.heads;
      const scores = heads * op.queryLength * op.keyLength;
      return of(5 * scores, 0, 1, heads * op.headSize * (op.queryLength + 2 * op.keyLength), heads * op.headSize * op.queryLength);
    }
    case 'softmax':
    case 'norm': {
      const elements = requireInteger(at('rows'), op.rows) * requireInteger(at('columns'), op.columns);
      if (op.type === 'softmax') return of(5 * elements, 0, 1, elements, elements);
      const perElement = { layer: 9, batch: 4, rms: 5 }[op.kind ?? 'layer'];
      return of(perElement * elements, (op.kind === 'rms' ? 1 : 2) * op.columns, op.columns, elements, elements);
    }
    case 'embedding': {
      for (const field of ['lookups', 'rows', 'columns'] as const) requireInteger(at(field), op[field]);
      const read = op.lookups * op.columns;
      return {
        ...of(0, op.rows * op.columns, op.columns, 0, read),
        inputBytes: op.lookups * 4,
        weightBytes: weightBytes(read, op.columns),
      };
    }
    case 'moe': {
      const taken = expertLoads(op).taken.reduce((sum, n) => sum + n, 0);
      return of(
        taken * op.hiddenSize + op.tokens * op.experts,
        2 * op.experts * op.inputSize * op.hiddenSize,
        op.inputSize,
        taken * op.inputSize,
        taken * op.inputSize,
      );
    }
    case 'elementwise': {
      const elements = requireInteger(at('elements'), op.elements);
      for (const field of ['inputs', 'operations'] as const) requireNumber(at(field), op[field] ?? 1);
      return of(elements * (op.operations ?? 1), 0, 1, elements * (op.inputs ?? 1), elements);
    }
    case 'optimizer': {
      const parameters = requireInteger(at('parameters'), op.parameters);
      const state = parameters * (op.stateBytes ?? 12);
      return { ...of(parameters * (op.operations ?? 11), 0, 1, 0, 0), inputBytes: state, outputBytes: state };
    }
    case 'profiled': {
      for (const field of ['forward', 'backward', 'outputBytes', 'parameterBytes'] as const) requireNumber(at(field), op[field]);
      // Single precision, as profiles are.
      return { ...of(0, 0, 1, 0, 0), parameters: op.parameterBytes / 4, weightBytes: op.parameterBytes, outputBytes: op.outputBytes };
    }
  }
}

/** Sum of a graph's layer costs. */
export function graphCost(graph: LayerGraph): LayerCost {
  requireGraph(graph);
  const total = { denseMacs: 0, macs: 0, vectorOperations: 0, parameters: 0, weightBytes: 0, inputBytes: 0, outputBytes: 0 };
  for (const layer of graph.layers) {
    const cost = layerCost(layer);
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += cost[key];
  }
  return total;
}

export { ParseError } from './parse-error.ts'
export { indexBitsPerElement, shareOf, type Density } from './graph/density.ts'
export type {
  Attention, Conv, Depthwise, Elementwise, Embedding, Gemm, Layer, LayerGraph, Moe, Norm, Operation, Optimiser, Softmax, TensorFormat,
} from './graph/layer.ts'
export { expertCapacity, expertLoads, gemmShapes, outputSize, type GemmShape } from './graph/gemm-shape.ts'
export { graphCost, layerCost, type LayerCost } from './graph/layer-cost.ts'
export { layerGraph, predecessors, topologicalOrder } from './graph/layer-graph.ts'
export { readTopologyCsv } from './graph/topology-csv.ts'

// Layers
export {
  sparseLinear,
  type BlockSparseOptions,
  type SeenGradient,
  type SparseLinearLayer,
  type SparseLinearOptions,
} from './layers/sparse-linear.ts';
export type { BlockLinearLayer } from './layers/block-linear.ts';
export { allReLU } from './layers/all-relu.ts';
export type { Division } from './layers/division.ts';
export { edgeOfChaos, type EdgeOfChaosOptions } from './layers/edge-of-chaos.ts';
export { denseFanInUniform, inDegreeNormal, normalValues, type ValuesInitializer } from './layers/initializers.ts';
export { sparseLayers, type NamedSparseLayer } from './layers/sparse-layers.ts';

// Distributions
export { erdosRenyiDensity, layerDensities, type DistributionName, type LayerDensitiesOptions } from './distribution/layer-densities.ts';
export { nonZerosOf } from './distribution/non-zeros.ts';

// Changing topologies
export { withTopology, type WithTopologyOptions } from './topology/with-topology.ts';
export { set, type SetOptions } from './topology/set.ts';
export { rigl, type RiglOptions } from './topology/rigl.ts';
export { snfs, type SnfsOptions } from './topology/snfs.ts';
export { dsr, type DsrOptions } from './topology/dsr.ts';
export { topKast, type TopKastOptions } from './topology/top-kast.ts';
export { trulySparse, type TrulySparseOptions } from './topology/truly-sparse.ts';
export { importancePruning, type ImportancePruningOptions } from './topology/importance-pruning.ts';
export { oneShotPruning, type OneShotPruningOptions } from './topology/one-shot-pruning.ts';
export { straightThrough, type StraightThroughOptions } from './topology/straight-through.ts';
export { gradualPruning, sparsityAt, type GradualPruningOptions, type SparsitySchedule } from './topology/gradual-pruning.ts';
export { fractionAt, isDue, type FractionSchedule, type Period } from './topology/schedule.ts';
export type { LayerView, Topology } from './topology/topology.ts';
export { restoreTopology, topologyTensors } from './topology/topology-tensors.ts';
export { applyRewiring, type ValuedRewiring } from './topology/apply-rewiring.ts';
export type { Rows } from './pattern/rows.ts';

// Pruning
export { prune, pruneByMagnitude, type PruneOptions } from './pruning/prune.ts';
export { pruneToBlocks, pruneToNM, type PruneToBlocksOptions } from './pruning/prune-structured.ts';
export { snip, type SnipOptions } from './pruning/snip.ts';
export { grasp, graspScores, type GraspOptions } from './pruning/grasp.ts';
export { synFlow, type SynFlowOptions } from './pruning/syn-flow.ts';
export { rescale, type RescaleOptions } from './pruning/rescale.ts';
export {
  lotteryTickets,
  rewind,
  takeSnapshot,
  type LotteryRound,
  type LotteryTicketOptions,
  type Snapshot,
} from './pruning/lottery-ticket.ts';
export { compact, type Compacted } from './pruning/compact.ts';
export { toDense } from './pruning/to-dense.ts';
export { trim } from './pruning/trim.ts';

// Matrices from elsewhere
export { fromCoordinates, fromDense, toCoordinates, type Coordinates, type SparseMatrix } from './pattern/interchange.ts';

export { decodeScipyNpz, encodeScipyNpz } from './files/scipy-npz.ts';

// Graphs
export { adjacency, symmetricNormalized, type AdjacencyOptions } from './graph/adjacency.ts';
export { graphConv, type GraphConvLayer, type GraphConvOptions } from './graph/graph-conv.ts';
export { graphAttention, type GraphAttentionLayer, type GraphAttentionOptions } from './graph/graph-attention.ts';
export { edgeSoftmax } from './graph/edge-softmax.ts';
export { propagate } from './graph/propagate.ts';

// Structured sparsity
export { expandBlocks } from './pattern/expand-blocks.ts';
export { nmPattern } from './pattern/nm-pattern.ts';
export { blockMask, nmMask, type BlockMaskOptions } from './structure/masks.ts';

// Metrics
export { degrees } from './metrics/degrees.ts';
export { exploration, type Exploration } from './metrics/exploration.ts';
export { inputStrength, strongestInputs } from './metrics/input-strength.ts';
export { sparsityReport, type LayerReport, type SparsityReport } from './metrics/sparsity-report.ts';
export { trainingFlops, type TrainingFlopsOptions, type TrainingMethod } from './metrics/training-flops.ts';

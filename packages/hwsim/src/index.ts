export { ParseError } from './parse-error.ts';
export { indexBitsPerElement, shareOf, type Density } from './graph/density.ts';
export type {
  Attention,
  Conv,
  Depthwise,
  Elementwise,
  Embedding,
  Gemm,
  Layer,
  LayerGraph,
  Moe,
  Norm,
  Operation,
  Optimizer,
  Profiled,
  Softmax,
  TensorFormat,
} from './graph/layer.ts';
export { expertCapacity, expertLoads, gemmShapes, outputSize, type GemmShape } from './graph/gemm-shape.ts';
export { graphCost, layerCost, type LayerCost } from './graph/layer-cost.ts';
export { layerGraph, predecessors, topologicalOrder } from './graph/layer-graph.ts';
export { readTopologyCsv } from './models/topology-csv.ts';
export { foldOnto, type Compat, type Dataflow, type Folding, type SystolicArray } from './array/dataflow.ts';
export { stallFreeWork, type ArrayWork } from './array/stall-free.ts';
export type { ArrayConfig, SparseMapping } from './array/memory-options.ts';
export { bankMeter, type BankMeter, type Banks, type BankTraffic } from './memory/banks.ts';
export { simulateLayer, type ArrayReport, type SramTraffic } from './array/simulate-layer.ts';
export { simulateArray, type ArrayRun } from './array/simulate-array.ts';
export { readScaleSimConfig } from './array/scale-sim-config.ts';
export {
  passDependencies,
  passId,
  passOf,
  scheduleOf,
  type Pass,
  type PassKind,
  type Schedule,
  type ScheduleShape,
} from './pipeline/schedule.ts';
export { gpipe } from './pipeline/gpipe.ts';
export { oneForwardOneBackward } from './pipeline/one-forward-one-backward.ts';
export { interleaved } from './pipeline/interleaved.ts';
export { chimera } from './pipeline/chimera.ts';
export { zeroBubbleH1, zeroBubbleH2 } from './pipeline/zero-bubble-handcrafted.ts';
export { zeroBubble, type ZeroBubbleCosts } from './pipeline/zero-bubble-search.ts';
export { interlocking } from './pipeline/interlocking.ts';
export { simulatePipeline, type PassCosts, type PipelineRun } from './pipeline/simulate-pipeline.ts';
export {
  chimeraForm,
  flushForm,
  interleavedForm,
  unevenForm,
  zeroBubbleH1Form,
  zeroBubbleH2Form,
  type PipelineForm,
  type UniformPipeline,
} from './pipeline/closed-forms.ts';
export { zeroBubbleV } from './pipeline/zero-bubble-v.ts';
export { eventQueue, type EventQueue } from './events/event-queue.ts';
export {
  addressOf,
  fromGBps,
  fromGiBps,
  npusOf,
  unloadedDelay,
  type Dimension,
  type DimensionKind,
  type Topology,
} from './network/topology.ts';
export { simulateMessages, type Message, type NetworkOptions, type NetworkRun } from './network/simulate-messages.ts';
export {
  allToAll,
  doubleTreeAllReduce,
  halvingDoublingAllReduce,
  hierarchicalAllReduce,
  ringAllGather,
  ringAllReduce,
  ringReduceScatter,
  treeAllReduce,
} from './network/collectives.ts';
export {
  allToAllTime,
  doubleTreeTime,
  halvingDoublingTime,
  hierarchicalTime,
  ringAllGatherTime,
  ringAllReduceTime,
  treeAllReduceTime,
  type AlphaBeta,
} from './network/alpha-beta.ts';
export { simulateSplitRing, splitRingTime, type SplitRing } from './network/split-ring.ts';
export {
  analyseLoopNest,
  type LevelTraffic,
  type Loop,
  type LoopNest,
  type MemoryLevel,
  type NestReport,
  type TensorProjection,
  type TensorTraffic,
} from './energy/loop-nest.ts';
export { areaScale, energyScale, technologyNodes } from './energy/technology.ts';
export {
  adderEnergy,
  comparatorEnergy,
  counterEnergy,
  horowitz45nm,
  lpddr4Energy,
  macEnergy,
  multiplierEnergy,
  registerEnergy,
  sramReadEnergy,
  type ArithmeticType,
  type ComponentEnergy,
} from './energy/access-energy.ts';
export {
  collectiveTime,
  efficiencyAt,
  readCalculonSystem,
  type CollectiveName,
  type EfficiencySteps,
  type Engine,
  type Memory,
  type NetworkTier,
  type TrainingSystem,
} from './training/system.ts';
export {
  readCalculonExecution,
  readCalculonModel,
  transformerParameters,
  type Transformer,
  type TransformerPlan,
} from './training/transformer.ts';
export {
  simulateTransformer,
  type BlockCost,
  type ProcessorMemory,
  type StepTime,
  type TransformerRun,
} from './training/simulate-transformer.ts';
export { energyRoofline, ridgePoint, rooflineBound, weightRooflineBound } from './roofline/roofline.ts';
export { weightTiles, type TileUnit } from './roofline/weight-tiles.ts';
export { tileStreamCycles, tileStreamModel, type StreamedApplication } from './roofline/tile-stream.ts';
export { bitsOf, computeFormat, precisions, readHardware, type Hardware, type Precision } from './hardware/hardware.ts';
export { hardware, hardwareLibrary, type HardwareOptions } from './hardware/library.ts';
export { a100, epyc9654, h100, h200, ipuMk1, mi210, microcontroller, phone, tpuV1, tpuV2, tpuV3, v100 } from './hardware/chips.ts';
export { simulate } from './simulate/simulate.ts';
export type { SimulateOptions, SpreadOptions, TrainingOptions } from './simulate/plan.ts';
export type { Parallel } from './simulate/exchange.ts';
export type { ChipMemory, DeviceReport, Report, StageReport, Step, Stretch, TimedPass } from './simulate/report.ts';
export type { Limit, StepKind } from './simulate/work.ts';
export { namedSchedules, scheduleNames, type NamedSchedule, type ScheduleName, type StageTimes } from './pipeline/named-schedules.ts';
export { withBatch } from './graph/rescale.ts';
export { randomNumbers } from './random.ts';
export {
  deviceLoads,
  maxLoad,
  readPlacement,
  type Assignment,
  type PlacementGraph,
  type PlacementNode,
} from './placement/placement-graph.ts';
export { chainPlacement, exactPlacement, type Placement } from './placement/exact-placement.ts';
export { alpaPartition, pipedreamPartition, type Partition, type Stage } from './placement/pipeline-partition.ts';
export { traceFaults, type Trace, type TraceEvent } from './trace/trace-events.ts';
export { pipelineTrace } from './trace/pipeline-trace.ts';
export { reportTrace } from './trace/report-trace.ts';
export { pipelineHtml } from './html/pipeline-html.ts';
export { reportHtml } from './html/report-html.ts';
export { drawChart, type ChartSpec } from './html/chart.ts';
export { htmlPage, htmlTable, withUnit } from './html/page.ts';
export { reportCsv } from './report-csv.ts';
export { minimise } from './fit/nelder-mead.ts';
export { crossValidate, fitModel, meanRelativeError, type FittedModel, type HeldOut, type Measured } from './fit/fit-model.ts';
export { allReduceTime, gemmTime, type GemmRow } from './fit/kernel-time.ts';
export { clusterTime, type ClusterRow } from './fit/cluster-time.ts';
export { readArchitectureTable, type Architecture, type ArchitectureTable } from './search/architecture-table.ts';
export {
  evolveArchitectures,
  expectedRandomBest,
  randomArchitectures,
  reinforceArchitectures,
  type ArchitectureSearchOptions,
  type ArchitectureSearchResult,
} from './search/architecture-search.ts';
export { paretoFront } from './search/pareto-front.ts';
export { minCutPlacement, type MinCutOptions } from './placement/min-cut.ts';
export { placementByHand } from './placement/placement-by-hand.ts';
export { annealPlacement, localSearchPlacement, type SearchOptions } from './placement/annealing.ts';
export { crossEntropyPlacement, type CrossEntropyOptions } from './placement/cross-entropy.ts';
export { reinforcePlacement, type ReinforceOptions } from './placement/reinforce.ts';
export type { SearchResult } from './placement/search-result.ts';
export { searchPlans, type PlanSearchOptions, type PlanSearchResult } from './training/plan-search.ts';
export { batchSweep, stepsToTarget } from './training/critical-batch.ts';
export { pipedreamGraph, readPipedreamProfile, type ProfiledLayer } from './models/pipedream-profile.ts';
export { fromLayers, type NetworkLayer } from './models/from-layers.ts';
export { fromProfile, type ProfiledKernel } from './models/from-profile.ts';
export { readOnnxModel, type OnnxOptions } from './models/onnx/onnx-model.ts';
export { transformerGraph } from './models/transformer-graph.ts';
export { learningCurveSpec, placementHtml } from './html/placement-html.ts';
export { readTfjsGraphModel } from './models/tfjs-graph-model.ts';
export { readTfjsModel } from './models/tfjs-model.ts';

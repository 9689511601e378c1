import { refusesWrongKinds, type Example } from '@x-tooling/testing/refusals';
import * as hwsim from '../src/index.ts';
import { excerptJson } from './golden.ts';
import { onnxBytes } from './models/onnx-bytes.ts';

const numbers = (names: string, ...values: number[]): Example => [names, () => values];
/** Functions of one object of numbers. */
const sizes = (values: Readonly<Record<string, unknown>>, name = 'options'): Example => [
  `${name}(${Object.keys(values).join(', ')})`,
  () => [{ ...values }],
];
const form = (values: Readonly<Record<string, unknown>>): Example => sizes(values, 'pipeline');

const product = { type: 'gemm', m: 4, n: 8, k: 16 } as const;
const layer = { name: 'fc', operation: product };
const graph = hwsim.layerGraph('net', [layer]);
const array = { rows: 4, columns: 4, dataflow: 'ws' } as const;
const memories = { ...array, inputKiB: 1, filterKiB: 1, outputKiB: 1, interface: 'estimate' } as const;
const ring = [{ kind: 'ring', npus: 4, bandwidth: 1, latency: 10 }] as const;
const schedule = hwsim.oneForwardOneBackward(2, 2);
const shape = { stages: 2, microBatches: 2, kinds: ['F', 'B'] } as const;
const run = hwsim.simulatePipeline(schedule, { forward: 1, backward: 1 });
const trace = hwsim.pipelineTrace(run);
const pass = { kind: 'F', stage: 0, microBatch: 0 } as const;
const back = { ...pass, kind: 'B' } as const;
const zero = { forward: 1, backward: 1, weightGradient: 1 };
const uniform = { devices: 2, microBatches: 4, forward: 1, backward: 2 };
const link = { devices: 4, bytes: 100, latency: 1, bandwidth: 10 };
const split = {
  collective: 'allReduce',
  npus: 4,
  bytes: 64,
  splits: 2,
  bandwidth: 1,
  latency: 10,
  endpointDelay: 1,
  memoryBandwidth: 1,
};
const unit = { size: 256, bandwidth: 34e9, clock: 700e6 };
const application = { weights: 1e6, macsPerWeight: 200, batch: 200, tileUse: 0.9, fullyConnected: true, convolutional: false };
const rows = [1, 2, 3].map((bytes) => ({ row: { m: 8, n: 8, k: 8 * bytes, bytes }, value: bytes }));
const model = { parameters: { a: 1 }, predict: ([a]: readonly number[]) => a! };
const chip = hwsim.a100();
const report = hwsim.simulate({ model: graph, hardware: chip });
const { system, runs } = excerptJson<{ system: unknown; runs: Record<string, { model: unknown; execution: unknown }> }>(
  'calculon/runs.json',
);
const calculon = Object.values(runs)[0]!;
const machine = hwsim.readCalculonSystem(system);
const transformer = hwsim.readCalculonModel(calculon.model);
const small = { hidden: 8, feedforward: 8, sequence: 4, heads: 2, headSize: 4, blocks: 2 };
const placementJson = {
  maxFPGAs: 2,
  maxCPUs: 1,
  maxSizePerFPGA: 10,
  nodes: [0, 1, 2].map((id) => ({ id, supportedOnFpga: 1, cpuLatency: 5, fpgaLatency: 1, size: 1 })),
  edges: [0, 1].map((sourceId) => ({ sourceId, destId: sourceId + 1, cost: 0.1 })),
};
const placement = hwsim.readPlacement(placementJson);
const few = { evaluations: 40, batch: 20 };
const search = { assignment: new Int32Array(3), load: 1, evaluations: 1, curve: [{ evaluations: 1, load: 1 }] };
const table = hwsim.readArchitectureTable(['arch,mean_acc,std,params,flops', ...[0, 1].map((a) => `${a},50,0,1,1`)].join('\n'));
const profiled = `node1 -- Conv2d() -- forward_compute_time=1, backward_compute_time=2, activation_size=3, parameter_size=4`;
const scaleSim = `[architecture_presets]
ArrayHeight: 4
ArrayWidth: 4
IfmapSramSzkB: 1
FilterSramSzkB: 1
OfmapSramSzkB: 1
Dataflow: ws`;
const layersModel = {
  modelTopology: {
    model_config: {
      class_name: 'Sequential',
      config: { layers: [{ class_name: 'Dense', config: { name: 'fc', units: 2, batch_input_shape: [null, 4] } }] },
    },
  },
};
const dim = ['1', '4'].map((size) => ({ size }));
const graphModel = {
  modelTopology: {
    node: [
      { name: 'x', op: 'Placeholder', attr: { shape: { shape: { dim } } } },
      { name: 'y', op: 'Relu', input: ['x'] },
    ],
  },
};
const net = { kind: 'dense', variables: {}, outputShape: ([batch]: readonly (number | null)[]) => [batch!, 8] };
const bar = { data: { values: [{ a: 1 }] }, mark: 'bar', encoding: { x: { field: 'a', type: 'quantitative' } } };

refusesWrongKinds(
  { '@x/hwsim': hwsim },
  {
    a100: 'nothing required',
    adderEnergy: numbers('bits', 8),
    addressOf: ['topology npu', () => [ring, 1]],
    allReduceTime: numbers('devices', 4),
    allToAll: numbers('npus bytes', 4, 100),
    allToAllTime: sizes(link),
    alpaPartition: ['times devices microBatches', () => [[1, 2, 3], 2, 4]],
    analyseLoopNest: [
      'nest(tensors, levels, compute)',
      () => [
        {
          tensors: [{ name: 'W', axes: [['R']] }],
          levels: [{ name: 'Buffer', loops: [{ dimension: 'R', bound: 3 }], energy: { read: 1, write: 1 } }],
          compute: { energy: 1 },
        },
      ],
    ],
    annealPlacement: ['graph(nodes, accelerators, cpus, capacity, groups) options?', () => [placement, few]],
    areaScale: numbers('fromNm toNm', 45, 7),
    bankMeter: ['banks(count)', () => [{ count: 4 }]],
    batchSweep: [
      'batches model(leastSteps, criticalBatch) step',
      () => [[1, 2], { leastSteps: 10, criticalBatch: 4 }, () => ({ seconds: 1, joules: 1 })],
    ],
    chainPlacement: ['graph(nodes, accelerators, cpus, capacity, groups)', () => [placement]],
    chimera: numbers('devices microBatches', 2, 4),
    chimeraForm: form(uniform),
    clusterTime: ['machine(peak, perMachine)', () => [{ peak: 1, perMachine: 8 }]],
    collectiveTime: ['network name bytes members', () => [machine.networks[0], 'allReduce', 100, 4]],
    comparatorEnergy: numbers('bits', 8),
    computeFormat: ['hardware precision', () => [chip, 'f32']],
    counterEnergy: numbers('bits', 8),
    crossEntropyPlacement: ['graph(nodes, accelerators, cpus, capacity, groups) options?', () => [placement, few]],
    crossValidate: ['model(parameters, predict) data', () => [model, [...rows, ...rows]]],
    deviceLoads: ['graph(nodes, accelerators, cpus, capacity, groups) assignment', () => [placement, [0, 1, 2]]],
    doubleTreeAllReduce: numbers('npus bytes', 4, 100),
    doubleTreeTime: sizes(link),
    drawChart: ['spec', () => [bar]],
    efficiencyAt: ['steps size', () => [[[0, 1]], 5]],
    energyRoofline: sizes({ operations: 1, bytes: 1, seconds: 1, joulesPerOperation: 1, joulesPerByte: 1, idleWatts: 1 }),
    energyScale: [
      'from(nm, volts) to(nm, volts)',
      () => [
        { nm: 45, volts: 1 },
        { nm: 7, volts: 1 },
      ],
    ],
    epyc9654: 'nothing required',
    eventQueue: 'nothing required',
    evolveArchitectures: ['table', () => [table]],
    exactPlacement: ['graph(nodes, accelerators, cpus, capacity, groups)', () => [placement]],
    expectedRandomBest: ['table evaluations', () => [table, 2]],
    expertCapacity: sizes({ tokens: 8, experts: 2 }),
    expertLoads: ['moe(tokens, experts)', () => [{ type: 'moe', tokens: 8, experts: 2, inputSize: 2, hiddenSize: 2 }]],
    fitModel: ['model(parameters, predict) data', () => [model, rows]],
    flushForm: form(uniform),
    foldOnto: ['array(rows, columns, dataflow) shape(m, n, k)', () => [array, { m: 1, n: 2, k: 3 }]],
    fromGBps: numbers('gbPerSecond', 1),
    fromGiBps: numbers('gibPerSecond', 1),
    fromLayers: ['net(kind, variables, outputShape) shape', () => [net, [4, 8]]],
    fromProfile: ['profile(kernels)', () => [{ kernels: [{ name: 'Relu', inputShapes: [[2, 3]], outputShapes: [[2, 3]] }] }]],
    gemmShapes: ['layer(name, operation)', () => [layer]],
    gemmTime: ['chip(peak, bandwidth)', () => [{ peak: 1, bandwidth: 1 }]],
    gpipe: numbers('devices microBatches', 2, 4),
    graphCost: ['graph(layers)', () => [graph]],
    h100: 'nothing required',
    h200: 'nothing required',
    halvingDoublingAllReduce: numbers('npus bytes', 4, 100),
    halvingDoublingTime: sizes(link),
    hardware: ['name', () => ['a100']],
    hierarchicalAllReduce: numbers('npus bytes group', 4, 100, 2),
    hierarchicalTime: sizes({ ...link, groups: 2, outerLatency: 1, outerBandwidth: 1 }),
    htmlPage: ['title sections', () => ['a', [{ title: 'b', body: 'c' }]]],
    htmlTable: ['header rows', () => [['a'], [[1]]]],
    indexBitsPerElement: 'nothing required',
    interleaved: numbers('devices microBatches chunks', 2, 4, 2),
    interleavedForm: form({ ...uniform, chunks: 2 }),
    interlocking: numbers('devices microBatches reach', 2, 4, 1),
    ipuMk1: 'nothing required',
    layerCost: ['layer(name, operation)', () => [layer]],
    layerGraph: ['name layers', () => ['net', [layer]]],
    learningCurveSpec: ['runs', () => [{ a: search }]],
    localSearchPlacement: ['graph(nodes, accelerators, cpus, capacity, groups) options?', () => [placement, few]],
    lpddr4Energy: numbers('bits', 8),
    macEnergy: ['type', () => ['int8']],
    maxLoad: ['graph(nodes, accelerators, cpus, capacity, groups) assignment', () => [placement, [0, 1, 2]]],
    meanRelativeError: ['pairs', () => [[{ predicted: 1, measured: 2 }]]],
    mi210: 'nothing required',
    microcontroller: 'nothing required',
    minCutPlacement: ['graph(nodes, accelerators, cpus, capacity, groups)', () => [placement]],
    minimise: ['objective start', () => [([x]: readonly number[]) => x! ** 2, [1]]],
    multiplierEnergy: numbers('a b', 8, 8),
    npusOf: ['topology', () => [ring]],
    oneForwardOneBackward: numbers('devices microBatches', 2, 4),
    outputSize: [
      'conv(height, width, kernelHeight, kernelWidth)',
      () => [{ type: 'conv', height: 8, width: 8, channels: 1, filters: 1, kernelHeight: 3, kernelWidth: 3 }],
    ],
    paretoFront: ['items objectives', () => [[1, 2], [(x: number) => x]]],
    passDependencies: ['shape(stages, microBatches, kinds) pass(kind, stage, microBatch)', () => [shape, pass]],
    passId: ['shape(stages, microBatches, kinds) kind stage microBatch', () => [shape, 'F', 0, 1]],
    passOf: ['shape(stages, microBatches, kinds) id', () => [shape, 1]],
    phone: 'nothing required',
    pipedreamGraph: ['text', () => [profiled]],
    pipedreamPartition: ['times devices', () => [[1, 2, 3], 2]],
    pipelineHtml: ['run(schedule, ends, duration)', () => [run]],
    pipelineTrace: ['run(schedule, ends, duration)', () => [run]],
    placementByHand: ['graph(nodes, accelerators, cpus, capacity, groups) devices', () => [placement, [[0], [1], [2]]]],
    placementHtml: ['title graph(nodes, accelerators, cpus, capacity, groups) assignment', () => ['a', placement, [0, 1, 2]]],
    predecessors: ['graph(layers)', () => [graph]],
    randomArchitectures: ['table', () => [table]],
    randomNumbers: numbers('seed', 1),
    readArchitectureTable: ['text', () => ['arch,mean_acc,std,params,flops\n0,50,0,1,1']],
    readCalculonExecution: ['execution', () => [calculon.execution]],
    readCalculonModel: ['model', () => [calculon.model]],
    readCalculonSystem: ['system', () => [system]],
    readHardware: ['hardware', () => [chip]],
    readOnnxModel: [
      'bytes',
      () => [onnxBytes({ inputs: { x: [1, 4] }, weights: { w: [4, 2] }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }] })],
    ],
    readPipedreamProfile: ['text', () => [profiled]],
    readPlacement: ['placement', () => [placementJson]],
    readScaleSimConfig: ['text', () => [scaleSim]],
    readTfjsGraphModel: ['json(modelTopology)', () => [graphModel]],
    readTfjsModel: ['json(modelTopology)', () => [layersModel]],
    readTopologyCsv: ['text', () => ['Layer, M, N, K,\nfc, 256, 128, 256,']],
    registerEnergy: numbers('bits', 8),
    reinforceArchitectures: ['table', () => [table]],
    reinforcePlacement: ['graph(nodes, accelerators, cpus, capacity, groups) options?', () => [placement, few]],
    reportCsv: ['report', () => [report]],
    reportHtml: ['report hardware', () => [report, chip]],
    reportTrace: ['report', () => [report]],
    ridgePoint: sizes({ peak: 1, bandwidth: 1 }),
    ringAllGather: numbers('npus bytes', 4, 100),
    ringAllGatherTime: sizes(link),
    ringAllReduce: numbers('npus bytes', 4, 100),
    ringAllReduceTime: sizes(link),
    ringReduceScatter: numbers('npus bytes', 4, 100),
    rooflineBound: sizes({ intensity: 1, peak: 1, bandwidth: 1 }),
    scheduleOf: ['name shape(stages, microBatches, kinds) devices', () => ['s', { ...shape, stages: 1, microBatches: 1 }, [[pass, back]]]],
    searchPlans: ['model system options(processors, batch)', () => [small, machine, { processors: 2, batch: 2 }]],
    shareOf: 'nothing required',
    simulate: ['options(model, hardware)', () => [{ model: graph, hardware: chip }]],
    simulateArray: ['graph(layers) config(rows, interface)', () => [graph, memories]],
    simulateLayer: ['layer(name, operation) config(rows, interface)', () => [layer, memories]],
    simulateMessages: ['topology messages', () => [ring, hwsim.ringAllReduce(4, 100)]],
    simulatePipeline: ['schedule(devices, stages, order) costs(forward, backward)', () => [schedule, { forward: 1, backward: 1 }]],
    simulateSplitRing: sizes(split, 'ring'),
    simulateTransformer: ['model plan system', () => [transformer, hwsim.readCalculonExecution(calculon.execution), machine]],
    splitRingTime: sizes(split, 'ring'),
    sramReadEnergy: numbers('kib', 8),
    stallFreeWork: ['array(rows, columns, dataflow) shape(m, n, k)', () => [array, { m: 1, n: 2, k: 3 }]],
    stepsToTarget: sizes({ batch: 1, leastSteps: 10, criticalBatch: 4 }),
    tileStreamCycles: ['unit(size, bandwidth, clock) application(weights, macsPerWeight)', () => [unit, application]],
    tileStreamModel: ['unit(size, bandwidth, clock)', () => [unit]],
    topologicalOrder: ['dependencies', () => [[[], [0]]]],
    tpuV1: 'nothing required',
    tpuV2: 'nothing required',
    tpuV3: 'nothing required',
    traceFaults: ['trace', () => [trace]],
    transformerGraph: ['model(hidden, blocks)', () => [small]],
    transformerParameters: ['model(hidden, feedforward, sequence, heads, headSize, blocks)', () => [small]],
    treeAllReduce: numbers('npus bytes', 4, 100),
    treeAllReduceTime: sizes(link),
    unevenForm: ['stageTimes microBatches', () => [[1, 2], 4]],
    unloadedDelay: ['topology from to bytes', () => [ring, 0, 1, 100]],
    v100: 'nothing required',
    weightRooflineBound: sizes({ macsPerWeightByte: 1, peak: 1, bandwidth: 1 }),
    weightTiles: ['unit(size, bandwidth, clock) k n', () => [unit, 600, 600]],
    withBatch: ['graph(layers) samples', () => [graph, 4]],
    withUnit: ['value unit', () => [1, 's']],
    zeroBubble: ['devices microBatches costs(forward, backward, weightGradient)', () => [2, 4, zero]],
    zeroBubbleH1: numbers('devices microBatches', 2, 4),
    zeroBubbleH1Form: form(uniform),
    zeroBubbleH2: numbers('devices microBatches', 2, 4),
    zeroBubbleH2Form: form(uniform),
    zeroBubbleV: ['devices microBatches costs(forward, backward, weightGradient)', () => [2, 4, zero]],
  },
  { nulls: true },
);

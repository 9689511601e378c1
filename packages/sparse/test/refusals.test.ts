import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { random, sequential, sgd } from '@x/tensor';
import { bsrPattern, csrPattern, type CsrPattern } from '@x/tensor/sparse';
import { refusesWrongKinds } from '@x-tooling/testing/refusals';
import * as sparse from '../src/index.ts';
import { sparseLinear } from '../src/index.ts';
import { batch, network } from './small-network.ts';

await tf.setBackend('cpu');

const key = random.key(1);
const net = network(0.2);
const given = batch(1);
const graph = sparse.adjacency(3, [[0, 1]]);
const small = sparseLinear(4, 3, { key, density: 0.5 });
const blocks = bsrPattern(4, 4, [2, 2], Int32Array.of(0, 1, 2), Int32Array.of(0, 1));
const pattern = (): CsrPattern => graph.pattern;
const scores = tf.ones([graph.pattern.nonZeros]);
const nodes = tf.ones([3, 2]);
const matrix = { pattern: csrPattern(1, 2, Int32Array.of(0, 1), Int32Array.of(1)), values: Float32Array.of(2) };
const saved = sparse.topologyTensors(net);
const snapshot = sparse.takeSnapshot(net);
const narrow = sequential([sparseLinear(4, 4, { key, density: 0.5 }), sparseLinear(4, 3, { key, density: 0.5 })]);
const scoresOf = (): Float32Array[] =>
  sparse.sparseLayers(net).map(({ layer }) => new Float32Array(layer.pattern.nonZeros).map((_, i) => i));

refusesWrongKinds(
  { '@x/sparse': sparse },
  {
    adjacency: ['nodes edges', () => [3, [[0, 1]]]],
    allReLU: ['hiddenLayer', () => [1]],
    applyRewiring: [
      'layer rewiring slots',
      () => [small, { keep: new Uint8Array(small.pattern.nonZeros).fill(1), grown: new Float64Array(0) }, []],
    ],
    blockMask: ['scores shape sparsity options(block)', () => [new Float32Array(16), [4, 4], 0.5, { block: [2, 2] }]],
    compact: ['net', () => [narrow]],
    decodeScipyNpz: ['file', () => [sparse.encodeScipyNpz(matrix)]],
    degrees: ['pattern', () => [{ rows: 1, columns: 2, pointers: Int32Array.of(0, 1), indices: Int32Array.of(1) }]],
    denseFanInUniform: 'nothing required',
    dsr: 'nothing required',
    edgeOfChaos: ['activation', () => ['tanh']],
    edgeSoftmax: ['scores pattern', () => [scores, pattern()]],
    encodeScipyNpz: ['matrix(pattern, values)', () => [matrix]],
    erdosRenyiDensity: ['inputs units epsilon', () => [10, 10, 2]],
    expandBlocks: ['pattern', () => [blocks]],
    exploration: ['net', () => [net]],
    fractionAt: ['schedule fraction progress', () => ['cosine', 0.3, 0.5]],
    fromCoordinates: [
      'shape given(rows, columns, values)',
      () => [[2, 2], { rows: Int32Array.of(0), columns: Int32Array.of(1), values: Float32Array.of(2) }],
    ],
    fromDense: ['shape dense', () => [[1, 2], Float32Array.of(0, 1)]],
    gradualPruning: ['options(final, begin, end)', () => [{ final: 0.5, begin: 0, end: 100 }]],
    graphAttention: ['inputs units options(graph, key)', () => [2, 2, { graph, key }]],
    graphConv: ['inputs units options(graph, key)', () => [2, 2, { graph, key }]],
    grasp: ['net batch options(density)', () => [network(1), given, { density: 0.5 }]],
    graspScores: ['net batch', () => [net, given]],
    importancePruning: ['options(every, begin)', () => [{ every: 10, begin: 0 }]],
    inDegreeNormal: 'nothing required',
    inputStrength: ['net', () => [net]],
    isDue: ['period(every, begin, end) step', () => [{ every: 10, begin: 0, end: 100 }, 5]],
    layerDensities: ['distribution shapes density', () => ['er', [[10, 10]], 0.5]],
    lotteryTickets: ['net train options(rounds)', () => [net, () => undefined, { rounds: 1 }]],
    nmMask: ['scores n m', () => [new Float32Array(4), 2, 4]],
    nmPattern: ['rows columns nm key', () => [2, 4, [2, 4], key]],
    nonZerosOf: ['density size', () => [0.5, 10]],
    normalValues: ['std', () => [1]],
    oneShotPruning: ['options(at, density)', () => [{ at: 1, density: 0.5 }]],
    propagate: ['values pattern h', () => [scores, pattern(), nodes]],
    prune: ['net scores options(density)', () => [net, scoresOf(), { density: 0.5 }]],
    pruneByMagnitude: ['net options(density)', () => [net, { density: 0.9 }]],
    pruneToBlocks: [
      'net options(density, block)',
      () => [sequential([sparseLinear(4, 4, { key, density: 1 })]), { density: 0.5, block: [2, 2] }],
    ],
    pruneToNM: ['net n m', () => [sequential([sparseLinear(4, 4, { key, density: 1 })]), 2, 4]],
    rescale: ['net', () => [network(0.5)]],
    restoreTopology: ['net tensors', () => [net, saved]],
    rewind: ['net snapshot(layers, variables)', () => [net, snapshot]],
    rigl: ['options(until)', () => [{ until: 1000 }]],
    set: ['options(every)', () => [{ every: 10 }]],
    snfs: ['options(every)', () => [{ every: 10, until: 100 }]],
    snip: ['net batch options(density)', () => [network(1), given, { density: 0.5 }]],
    sparseLayers: ['net', () => [net]],
    sparseLinear: ['inputs units options(key, density)', () => [4, 3, { key, density: 0.5 }]],
    sparsityAt: ['schedule(final, begin, end) step', () => [{ final: 0.5, begin: 0, end: 10 }, 5]],
    sparsityReport: ['net', () => [net]],
    straightThrough: ['options(density)', () => [{ density: 0.5 }]],
    strongestInputs: ['net count', () => [net, 3]],
    symmetricNormalized: ['graph(pattern, values)', () => [graph]],
    synFlow: ['net options(density, inputShape)', () => [network(1), { density: 0.5, inputShape: [20], rounds: 2 }]],
    takeSnapshot: ['net', () => [net]],
    toCoordinates: ['matrix(pattern, values)', () => [matrix]],
    toDense: ['net', () => [sequential([sparseLinear(4, 3, { key, density: 0.5 })])]],
    topKast: ['options(forward)', () => [{ forward: 0.2 }]],
    topologyTensors: ['net', () => [net]],
    trainingFlops: ['method options(sparse, dense)', () => ['set', { sparse: 1, dense: 2 }]],
    trim: ['net', () => [sequential([sparseLinear(4, 3, { key, density: 0.5 })])]],
    trulySparse: ['options(stepsPerEpoch, epochs)', () => [{ stepsPerEpoch: 10, epochs: 2 }]],
    withTopology: ['net topology optimizer options(key)', () => [net, sparse.set({ every: 10 }), sgd(), { key }]],
  },
  { nulls: true },
);

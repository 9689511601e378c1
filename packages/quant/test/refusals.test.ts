import * as tf from '@tensorflow/tfjs-core';
import { adam, decodeSafetensors, dense, encodeSafetensors, random, sequential } from '@x/tensor';
import { refusesWrongKinds, type Example } from '@x-tooling/testing/refusals';
import * as gguf from '../src/gguf.ts';
import * as quant from '../src/index.ts';
import * as onnx from '../src/onnx.ts';
import * as unitScaling from '../src/unit-scaling.ts';
import { useBackend } from './backends.ts';

await useBackend('x');

const key = random.key(1);
const net = sequential([dense(4, 8, { key, activation: 'relu' }), dense(8, 4, { key })]);
const samples = random.normal(key, [16, 4]);
const quantized = await quant.quantize(net, { calibrate: samples });
const trained = quant.fakeQuant(net);
trained.apply(samples, { training: true, key }).dispose();
const mixed = quant.mixedPrecision(net);
const weight = { values: Float32Array.of(1, 2, 3, 4), inputs: 2, units: 2 };
const unit = Float64Array.of(1, 0, 0, 1);
const grid = quant.weightGrid(weight);
const rounded = quant.roundToGrid(weight, grid);
const [floats, format] = [Float32Array.of(0.5, -1), quant.formats.float16];
const { tensors, metadata } = quant.toSafetensors(quantized);
const saved = decodeSafetensors(await encodeSafetensors(tensors, { metadata }));
const sensitivities = await quant.sensitivity(net, { calibrate: samples });
const multiplier = quant.quantizeMultiplier(0.3);
const artifacts = {
  modelTopology: {},
  weightSpecs: [{ name: 'w', shape: [2], dtype: 'float32' as const }],
  weightData: new Float32Array(2).buffer,
};
const [x, w, b] = [tf.ones([2, 4]), tf.ones([4, 4]), tf.ones([4])];

const numbers = (names: string, ...values: number[]): Example => [names, () => values];

refusesWrongKinds(
  { '@x/quant': quant, '@x/quant/gguf': gguf, '@x/quant/onnx': onnx, '@x/quant/unit-scaling': unitScaling },
  {
    activationScales: ['name', () => ['relu']],
    adam8bit: 'nothing required',
    awqScales: ['weight statistics(meanSize, hessian)', () => [weight, { meanSize: [1, 2], hessian: unit }]],
    binaryWeight: ['weight', () => [weight]],
    boundForGradientError: numbers('std sumOfSquares', 0.1, 4),
    boundedCodec: numbers('bound', 0.1),
    chooseSchemes: ['sensitivities budget', () => [sensitivities, { bytes: 1e6 }]],
    compressActivations: ['net', () => [net]],
    constrained: ['where forward backward constraint', () => ['here', 1, 2, 'mean']],
    convert: ['net', () => [trained]],
    decodeBlocks: ['bytes type', () => [gguf.encodeBlocks(new Float32Array(32), 'Q8_0'), 'Q8_0']],
    decodeE8M0: numbers('code', 127),
    decodeFloat: ['code format', () => [1, format]],
    decodeFloats: ['codes format', () => [[1, 2], format]],
    dequantizeLinear: ['values scales(scale)', () => [[1, 2], { scale: 0.5 }]],
    dequantizeWeight: ['quantized', () => [rounded]],
    dynamicMap: 'nothing required',
    dynamicQuantizeLinear: ['values', () => [floats]],
    encodeBlocks: ['values type', () => [new Float32Array(32), 'Q8_0']],
    encodeE8M0: numbers('x', 2),
    encodeFloat: ['x format', () => [1, format]],
    encodeFloats: ['values format', () => [floats, format]],
    entropy: 'nothing required',
    entropyThreshold: ['counts levels', () => [Float64Array.of(1, 2, 3, 4), 2]],
    equalizingFactors: ['first second', () => [weight, weight]],
    fakeQuant: ['net', () => [net]],
    fakeQuantizeInRange: ['x range', () => [0.3, quant.nudgedRange(-1, 1)]],
    fixedPoint: 'nothing required',
    floatFormat: numbers('exponentBits mantissaBits', 5, 2),
    formatReport: ['report(layers)', () => [quantized.report()]],
    fractionBits: ['values bits', () => [floats, 8]],
    frexp: numbers('x', 3),
    fromMicroscaling: ['blocks(elements, exponents)', () => [quant.toMicroscaling(floats, 'int8')]],
    fromNf4: ['blocks(codes, scales)', () => [quant.toNf4(floats)]],
    fromOnnx: ['bytes', () => [onnx.toOnnx(quantized)]],
    fromSafetensors: ['contents', () => [saved]],
    gptq: ['weight hessian', () => [weight, unit]],
    inputRadius: numbers('integerBits leftShift', 5, 23),
    integerRange: 'nothing required',
    inverseSquareRootMultiplier: numbers('x', 100),
    minMax: 'nothing required',
    mixedPrecision: ['net', () => [net]],
    movingAverage: 'nothing required',
    multiplyByQuantizedMultiplier: ['x quantized', () => [100, multiplier]],
    multiplyWideByQuantizedMultiplier: ['x quantized', () => [100n, multiplier]],
    nudgedRange: numbers('min max', -1, 1),
    outputError: ['weight quantized hessian', () => [weight, rounded, unit]],
    percentile: 'nothing required',
    quantizationParameters: numbers('min max', -1, 1),
    quantize: ['net', () => [net, { calibrate: samples }]],
    quantizeArtifacts: ['artifacts', () => [artifacts]],
    quantizeLinear: ['values options(scale)', () => [floats, { scale: 0.5 }]],
    quantizeMultiplier: numbers('real', 0.3),
    quantizeValue: ['x parameters', () => [0.3, quant.quantizationParameters(-1, 1)]],
    quantizeWithin: ['net budget', () => [net, { bytes: 1e6 }, { calibrate: samples }]],
    readGguf: ['bytes', () => [gguf.writeGguf({})]],
    requantizeFp32: numbers('sum scale', 100, 0.1),
    roundFloats: ['values format', () => [floats, format]],
    roundHalfAway: numbers('x', 0.5),
    roundHalfEven: numbers('x', 0.5),
    roundToFormat: ['x format', () => [0.3, format]],
    roundToGrid: ['weight grid', () => [weight, grid]],
    roundingDivideByPowerOfTwo: numbers('x exponent', 100, 3),
    saturatingRoundingDoublingHighMul: numbers('a b', 100, 300),
    scaled: ['x', () => [x]],
    sensitivity: ['net options(calibrate)', () => [net, { calibrate: samples }]],
    simulate: ['net', () => [net]],
    smoothingFactors: ['sizes weight', () => [[1, 2], weight]],
    softmaxScaling: numbers('beta scale integerBits', 1, 0.1, 5),
    squaredError: 'nothing required',
    stochasticCodec: 'nothing required',
    ternaryWeight: ['weight', () => [weight]],
    tfjsFiles: ['artifacts', () => [artifacts]],
    toFixedPoint: ['values bits fraction', () => [floats, 8, 4]],
    toMicroscaling: ['values element', () => [floats, 'int8']],
    toNf4: ['values', () => [floats]],
    toOnnx: ['network', () => [quantized]],
    toSafetensors: ['network', () => [quantized]],
    unitActivation: ['x name', () => [x, 'relu']],
    unitAdd: ['a b', () => [x, x]],
    unitEmbedding: ['weight ids', () => [w, tf.zeros([2], 'int32')]],
    unitLayerNorm: ['x gamma beta', () => [x, b, b]],
    unitLinear: ['x weight', () => [x, w]],
    unitMatMul: ['a b', () => [x, w]],
    unitResidual: ['x branch', () => [x, (t: tf.Tensor) => tf.clone(t)]],
    unitRmsNorm: ['x gamma', () => [x, b]],
    unitScaled: ['net options(key)', () => [net, { key }]],
    unitSoftmaxCrossEntropy: ['logits labels', () => [x, tf.zeros([2], 'int32')]],
    weightGrid: ['weight', () => [weight]],
    withLossScaling: ['net optimizer', () => [mixed, adam()]],
    writeGguf: ['tensors', () => [{}]],
  },
  { nulls: true },
);

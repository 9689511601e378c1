import { add, ones, square, sum, tensor1d, tidy, variable, variableGrads, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { compare, type Comparison } from '@x-tooling/bench';
import { adamw, disable, enable, linear, random, type Tier } from '../src/index.ts';
import {
  adam8bitState,
  adam8bitStep,
  fakeQuantize,
  int8Linear,
  quantizeTensor,
  quantizedLinear,
  quantizedMatrix,
  quantizeMatrix,
  type QuantizedTensor,
} from '../src/quant.ts';
import { compress, restore } from '../src/storage.ts';
import { reading } from './limits.ts';

const SIZE = 512;
const WIDE = 4096;
const BATCH = 64;

/** Integers of few bits beside our own f32: products with requantization, single rows, and a network's inference; one thread. */
export async function quant(): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const tier of ['wide', 'relaxed', 'simd'] as const) comparisons.push(await products(tier));
  comparisons.push(...(await rows()), await network(), ...(await training()));
  await disable();
  return comparisons;
}

async function begin(tier: Tier): Promise<void> {
  await disable();
  const runtime = await enable({ tier, threads: 1 });
  await Promise.all([runtime.load('quant'), runtime.load('storage')]);
}

function normal(seed: number, shape: number[]): Tensor {
  return random.normal(random.key(seed), shape, { std: 0.5 });
}

async function products(tier: Tier): Promise<Comparison> {
  await begin(tier);
  const x = normal(1, [SIZE, SIZE]);
  const w = normal(2, [SIZE, SIZE]);
  const bias = ones([SIZE]);
  const q = quantizeTensor(x, { scale: 0.02, zeroPoint: 3 });
  const [eight, seven] = [quantizeMatrix(w), quantizeMatrix(w, { bits: 7 })];
  const output = { scale: 0.2, zeroPoint: -3 };
  const layer = (weight: typeof eight) => () => int8Linear(q, weight, bias, { output, activation: 'relu' }).dispose();
  return compare({
    name: `${SIZE}³ with bias and relu, ${tier} tier, 1 thread`,
    candidates: {
      'f32 linear': () => linear(x, w, bias, { activation: 'relu' }).dispose(),
      'int8 to int8': layer(eight),
      'int8 x int7 to int8': layer(seven),
      'int8, gemmlowp double': () => int8Linear(q, eight, bias, { output, activation: 'relu', rounding: 'double' }).dispose(),
      'f32 in and out, int8 inside': () => quantizedLinear(x, eight, bias, { activation: 'relu' }).dispose(),
    },
    flops: 2 * SIZE ** 3,
    seconds: 0.7,
  });
}

async function rows(): Promise<Comparison[]> {
  await begin('wide');
  const x = normal(1, [1, WIDE]);
  const w = normal(2, [WIDE, WIDE]);
  const integers = Int8Array.from({ length: WIDE * WIDE }, (_, i) => ((i * 7919) % 255) - 127);
  const nibbles = integers.map((value) => value >> 4);
  const scales = (groups: number): Float32Array => new Float32Array(groups * WIDE).fill(0.01);
  const grouped = (bits: number, groupSize: number) =>
    quantizedMatrix(bits === 4 ? nibbles : integers, WIDE, WIDE, { bits, groupSize, scales: scales(WIDE / groupSize) });
  const channel = quantizedMatrix(integers, WIDE, WIDE, { scales: scales(1) });
  const candidates: [label: string, run: () => void, bytes: number][] = [
    ['int8 per channel', () => quantizedLinear(x, channel).dispose(), WIDE * WIDE],
    ['int8, groups of 32', run(grouped(8, 32)), WIDE * WIDE * (1 + 4 / 32)],
    ['int8, groups of 128', run(grouped(8, 128)), WIDE * WIDE * (1 + 4 / 128)],
    ['int4, groups of 32', run(grouped(4, 32)), WIDE * WIDE * (0.5 + 4 / 32)],
    ['int4, groups of 128', run(grouped(4, 128)), WIDE * WIDE * (0.5 + 4 / 128)],
  ];
  function run(weight: ReturnType<typeof quantizedMatrix>): () => void {
    return () => quantizedLinear(x, weight).dispose();
  }
  const comparisons: Comparison[] = [];
  for (const [label, candidate, bytes] of candidates) {
    comparisons.push(
      await compare({
        name: `row x ${WIDE}²: ${label} (bytes of its weights), wide tier, 1 thread`,
        candidates: { 'f32 linear': () => linear(x, w).dispose(), [label]: candidate, 'reading as many bytes': reading(bytes) },
        bytes,
        seconds: 0.5,
      }),
    );
  }
  return comparisons;
}

async function network(): Promise<Comparison> {
  await begin('wide');
  const widths = [784, 1024, 1024, 10];
  const x = normal(1, [BATCH, 784]);
  const layers = widths.slice(1).map((units, i) => ({ w: normal(i + 2, [widths[i] as number, units]), bias: ones([units]) }));
  const quantized = layers.map(({ w }) => quantizeMatrix(w));
  const output = { scale: 0.5, zeroPoint: -128 };
  return compare({
    name: `MLP ${widths.join('-')}, batch ${BATCH}, wide tier, 1 thread`,
    candidates: {
      f32: () =>
        tidy(() => {
          let y = x;
          layers.forEach(({ w, bias }, i) => (y = linear(y, w, bias, { activation: i < 2 ? 'relu' : 'linear' })));
          return y;
        }).dispose(),
      'int8 throughout': () =>
        tidy(() => {
          let y: QuantizedTensor = quantizeTensor(x, { scale: 0.02 });
          quantized.forEach((weight, i) => (y = int8Linear(y, weight, layers[i]!.bias, { output, activation: i < 2 ? 'relu' : 'linear' })));
          return y.data;
        }).dispose(),
    },
    flops: 2 * BATCH * (784 * 1024 + 1024 * 1024 + 10240),
    seconds: 0.7,
  });
}

const PARAMETERS = 2 ** 21;

/** What training in few bits adds to a step. */
async function training(): Promise<Comparison[]> {
  await begin('wide');
  const parameter = tidy(() => variable(normal(1, [PARAMETERS])));
  const gradient = normal(2, [PARAMETERS]);
  const optimizer = adamw({ learningRate: 1e-3 });
  const full = optimizer.init({ parameter });
  const state = adam8bitState(PARAMETERS);
  const numbers = { block: 256, learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  let step = 1;
  const weights = tidy(() => variable(normal(3, [1024, 1024])));
  const scale = tidy(() => variable(tensor1d(new Float32Array(1024).fill(0.1))));
  const x = normal(4, [BATCH, 1024]);
  const loss = (weight: () => Tensor) => () =>
    tidy(() => {
      const { value, grads } = variableGrads(() => sum(square(linear(x, weight()))) as Scalar);
      return [value, ...Object.values(grads)];
    }).forEach((tensor) => tensor.dispose());
  const kept = normal(5, [BATCH, 16384]);
  const key = random.key(1);
  const compressed = compress(kept, { key });
  return [
    await compare({
      name: `AdamW of ${PARAMETERS} parameters, wide tier, 1 thread`,
      candidates: {
        'state of 32 bits': () => optimizer.update({ parameter }, { parameter: gradient }, full),
        'state of 8 bits': () => adam8bitStep(parameter, gradient, state, { ...numbers, step: step++ }),
      },
      seconds: 0.7,
    }),
    await compare({
      name: `gradients of a layer 1024-1024, batch ${BATCH}, wide tier, 1 thread`,
      candidates: {
        f32: loss(() => weights),
        'weights fake-quantized, steps learned': loss(() => fakeQuantize(weights, scale, { bits: 4 })),
      },
      seconds: 0.5,
    }),
    await compare({
      name: `${kept.size} activations in 2 bits, wide tier, 1 thread`,
      candidates: {
        'f32, copied': () => add(kept, 0).dispose(),
        compress: () => {
          const { codes, ranges } = compress(kept, { key });
          codes.dispose();
          ranges.dispose();
        },
        restore: () => restore(compressed).dispose(),
      },
      bytes: kept.size * 4,
      seconds: 0.5,
    }),
  ];
}

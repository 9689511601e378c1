import * as tf from '@tensorflow/tfjs-core';
import { dense, random, sequential } from '@x/tensor';
import { dequantizeTensor, fakeQuantize, quantizeTensor } from '@x/tensor/quant';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  dequantizeLinear,
  dequantizeWeight,
  fakeQuantizeInRange,
  floatFormat,
  formats,
  fromMicroscaling,
  nudgedRange,
  quantizationParameters,
  quantize,
  quantizeLinear,
  quantizeValue,
  roundToFormat,
  roundToGrid,
  toFixedPoint,
  toMicroscaling,
  weightGrid,
  type FloatFormat,
  type ParameterOptions,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

/** Something that takes numbers to the nearest of few, by steps that don't depend on them. */
interface Quantizer {
  readonly name: string;
  round(x: number): number;
  /** The least and the largest number that there is. */
  readonly ends: readonly [number, number];
  /** Distance between neighbours at x, at most. */
  step(x: number): number;
}

function integers(min: number, max: number, options: ParameterOptions): Quantizer {
  const parameters = quantizationParameters(min, max, options);
  const { scale, zeroPoint, least, most } = parameters;
  return {
    name: `integers of ${JSON.stringify(options)} from ${min} to ${max}`,
    round: (x) => scale * (quantizeValue(x, parameters) - zeroPoint),
    ends: [scale * (least - zeroPoint), scale * (most - zeroPoint)],
    step: () => scale,
  };
}

function float(format: FloatFormat): Quantizer {
  const { mantissaBits, max, least } = format;
  return {
    name: `floats ${format.name}`,
    round: (x) => roundToFormat(x, format, { saturate: true }),
    ends: [-max, max],
    step: (x) => Math.max(least, 2 ** (Math.floor(Math.log2(Math.max(Math.abs(x), least))) - mantissaBits)),
  };
}

const nudged = nudgedRange(-1.3, 4.1);
const quantizers: readonly Quantizer[] = [
  integers(-3, 5, {}),
  integers(-3, 5, { bits: 4 }),
  integers(-0.7, 0.2, { bits: 2, symmetric: true }),
  integers(0, 9, { bits: 8, symmetric: true }),
  integers(-1000, 0, { bits: 16 }),
  {
    name: 'TFLite’s nudged range',
    round: (x) => fakeQuantizeInRange(x, nudged),
    ends: [nudged.min, nudged.max],
    step: () => nudged.scale,
  },
  {
    name: 'Qiu’s fixed point',
    round: (x) => toFixedPoint([x], 6, 3)[0]!,
    ends: [-4, 3.875],
    step: () => 0.125,
  },
  ...[formats.float16, formats.bfloat16, formats.e4m3fn, formats.e5m2, formats.e2m1, formats.e3m2, floatFormat(3, 4)].map(float),
];

const anyNumber = fc.oneof(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: -2000, max: 2000, noNaN: true }));

describe.each(quantizers)('$name', ({ round, ends, step }) => {
  test('never fall where numbers rise', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => {
        expect(round(Math.min(a, b))).toBeLessThanOrEqual(round(Math.max(a, b)));
      }),
    );
  });

  test('change nothing the second time, and keep 0 and their ends', () => {
    fc.assert(
      fc.property(anyNumber, (x) => {
        expect(round(round(x))).toBe(round(x));
      }),
    );
    for (const kept of [0, ...ends]) expect(round(kept)).toBeCloseTo(kept, 12);
    expect(round(1e39)).toBeCloseTo(ends[1], 12);
    expect(round(-1e39)).toBeCloseTo(ends[0], 12);
  });

  test('are off by half a step at most between the ends', () => {
    fc.assert(
      fc.property(anyNumber, (x) => {
        const inside = Math.min(Math.max(x, ends[0]), ends[1]);
        expect(Math.abs(round(inside) - inside)).toBeLessThanOrEqual(0.5 * step(inside) * (1 + 1e-9));
      }),
    );
  });
});

test('ONNX’s operators go there and back: integers stay what they are, for every zero point', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 10, noNaN: true }), fc.integer({ min: -128, max: 127 }), (scale, zeroPoint) => {
      const all = Int8Array.from({ length: 256 }, (_, i) => i - 128);
      const scales = { scale: Math.fround(scale), zeroPoint };
      const real = dequantizeLinear(all, scales);
      expect(Array.from(quantizeLinear(real, { type: 'int8', ...scales }))).toEqual([...all]);
    }),
    { numRuns: 50 },
  );
});

test('weights: a constant channel is exact, a channel of zeros stays, and rounding again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.float({ min: Math.fround(-50), max: 50, noNaN: true }).map((value) => (Math.abs(value) < 1e-30 ? 0 : value)),
      fc.integer({ min: 2, max: 8 }),
      (constant, bits) => {
        const values = Float32Array.from({ length: 16 }, (_, at) => (at % 2 === 0 ? constant : 0));
        const matrix = { values, inputs: 8, units: 2 };
        const rounded = dequantizeWeight(roundToGrid(matrix, weightGrid(matrix, { bits })));
        rounded.forEach((value, at) => expect(Math.abs(value - values[at]!)).toBeLessThanOrEqual(Math.abs(constant) * 2 ** -22));
        const again = { ...matrix, values: rounded };
        expect(dequantizeWeight(roundToGrid(again, weightGrid(again, { bits })))).toEqual(rounded);
      },
    ),
  );
});

test('microscaling: rounding again changes nothing, and a block’s largest number is off by half a step at most', () => {
  fc.assert(
    fc.property(fc.float32Array({ minLength: 1, maxLength: 70, noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), (values) => {
      for (const element of [formats.e2m1, formats.e4m3fn, 'int8'] as const) {
        const once = fromMicroscaling(toMicroscaling(values, element));
        expect(fromMicroscaling(toMicroscaling(once, element))).toEqual(once);
        once.forEach((value, at) => expect(Math.sign(value) * Math.sign(values[at]!)).toBeGreaterThanOrEqual(0));
      }
    }),
  );
});

describe.each(backends)('tensors on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('8-bit tensors and fake quantization: the same numbers, monotone, idempotent', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }),
        fc.double({ min: 1e-3, max: 3, noNaN: true }),
        fc.integer({ min: -128, max: 127 }),
        (values, step, zeroPoint) => {
          const scale = Math.fround(step);
          tf.tidy(() => {
            const x = tf.tensor1d(values.slice().sort());
            const q = quantizeTensor(x, { scale, zeroPoint });
            const real = dequantizeTensor(q);
            const numbers = real.dataSync();
            numbers.forEach((value, at) => expect(value).toBeGreaterThanOrEqual(at === 0 ? -Infinity : numbers[at - 1]!));
            expect(quantizeTensor(real, { scale, zeroPoint }).values()).toEqual(q.values());
            expect(fakeQuantize(x, scale, { bits: 8, zeroPoint: zeroPoint }).dataSync()).toBeAllclose(numbers, { rtol: 1e-6, atol: 1e-6 });
            q.dispose();
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('networks: channels of zeros and constant inputs are fine, NaN and infinity are refused with the layer named', async () => {
    const net = sequential([dense(6, 8, { activation: 'relu', key: random.key(1) }), dense(8, 3, { key: random.key(2) })]);
    const weight = net.variables['0.weight'] as tf.Variable;
    tf.tidy(() => weight.assign(tf.mul(weight, tf.tensor1d([1, 0, 1, 1, 0, 1, 1, 1]))));
    for (const value of [0, 2.5, -1e-20]) {
      const samples = tf.fill([16, 6], value);
      const q = await quantize(net, { calibrate: samples });
      const [exact, ours] = tf.tidy(() => [net.apply(samples).dataSync(), q.apply(samples).dataSync()]);
      expect(ours).toBeAllclose(exact!, { rtol: 0.03, atol: 0.03 });
      for (const own of [q, samples]) own.dispose();
    }
    for (const odd of [NaN, Infinity]) {
      const samples = tf.tensor2d(
        Float32Array.from({ length: 12 }, (_, i) => (i === 7 ? odd : i)),
        [2, 6],
      );
      await expect(quantize(net, { calibrate: samples })).rejects.toThrow(/layer 0/);
      samples.dispose();
    }
    const fine = tf.ones([4, 6]);
    tf.tidy(() => (net.variables['1.weight'] as tf.Variable).assign(tf.fill([8, 3], NaN)));
    await expect(quantize(net, { calibrate: fine })).rejects.toThrow(/the weight of layer 1 has NaN at element 0/);
    for (const own of [net, fine]) own.dispose();
  });
});

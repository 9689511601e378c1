import { describe, expect, test } from 'vitest';
import {
  awqScales,
  binaryWeight,
  dequantizeWeight,
  equalizingFactors,
  gptq,
  outputError,
  roundToGrid,
  smoothingFactors,
  ternaryWeight,
  weightGrid,
  type WeightMatrix,
} from '../src/index.ts';

/** From rows a unit, as papers write weights. */
function fromUnits(rows: readonly (readonly number[])[]): WeightMatrix {
  const inputs = rows[0]!.length;
  return {
    values: Float64Array.from({ length: inputs * rows.length }, (_, at) => rows[at % rows.length]![Math.floor(at / rows.length)]!),
    inputs,
    units: rows.length,
  };
}

function toUnits(values: ArrayLike<number>, units: number): number[][] {
  return Array.from({ length: units }, (_, unit) =>
    Array.from({ length: values.length / units }, (_, input) => values[input * units + unit]!),
  );
}

/** 2·X·Xᵀ / n of samples. */
function hessianOf(samples: readonly (readonly number[])[]): Float64Array {
  const size = samples[0]!.length;
  const h = new Float64Array(size * size);
  for (const x of samples)
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) h[i * size + j]! += (2 * x[i]! * x[j]!) / samples.length;
  return h;
}

function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

describe('GPTQ', () => {
  const weight = fromUnits([
    [0.9, -0.4, 0.3, 0.05],
    [-0.2, 0.6, -0.7, 0.35],
  ]);
  const samples = [
    [1, 0.9, 0.1, 0],
    [0.8, 1, 0.2, 0.1],
    [0, 0.1, 1, 0.9],
    [0.1, 0, 0.9, 1],
    [1, 1, 0.5, 0.5],
  ];
  const hessian = hessianOf(samples);
  const grid = { bits: 2, integers: 'full' } as const;

  test('equals the worked example', () => {
    const nearest = roundToGrid(weight, weightGrid(weight, grid));
    expect(toUnits(dequantizeWeight(nearest), 2)).toBeAllclose([
      [0.6, -0.6, 0, 0],
      [0, 0.4666667, -0.9333333, 0.4666667],
    ]);
    const factor = samples.length / 2;
    expect(outputError(weight, nearest, hessian) * factor).toBeCloseTo(1.2552722, 6);
    const better = gptq(weight, hessian, grid);
    expect(toUnits(dequantizeWeight(better), 2)).toBeAllclose([
      [0.6, 0, 0, 0.6],
      [0, 0.4666667, -0.9333333, 0.4666667],
    ]);
    expect(outputError(weight, better, hessian) * factor).toBeCloseTo(0.2220722, 6);
  });

  const next = noise(7);
  const [inputs, units] = [48, 10];
  const random: WeightMatrix = { values: Float64Array.from({ length: inputs * units }, next), inputs, units };
  const data = Array.from({ length: 200 }, () => {
    const shared = next();
    return Array.from({ length: inputs }, (_, i) => (i === 5 ? 0 : shared + 0.5 * next() * (1 + (i % 4))));
  });
  const h = hessianOf(data);

  test.each([
    {},
    { actOrder: true },
    { groupSize: 16 },
    { groupSize: 16, actOrder: true },
    { integers: 'asymmetric' as const },
    { range: 'search' as const },
  ])('leaves less error than rounding with %o', (options) => {
    const own = { bits: 3, ...options };
    const { actOrder: _, ...gridOptions } = own as { actOrder?: boolean };
    const rounded = outputError(random, roundToGrid(random, weightGrid(random, gridOptions)), h);
    expect(outputError(random, gptq(random, h, own), h)).toBeLessThan(0.75 * rounded);
  });

  test('does not depend on its blocks', () => {
    const whole = gptq(random, h, { bits: 4 });
    for (const blockSize of [1, 7, 48]) expect(gptq(random, h, { bits: 4, blockSize }).values).toEqual(whole.values);
    expect(gptq(random, h, { bits: 4, groupSize: 16, blockSize: 5 })).toEqual(gptq(random, h, { bits: 4, groupSize: 16 }));
  });

  test('gives inputs that were always 0 the weight 0', () => {
    expect([...gptq(random, h, { bits: 4 }).values.subarray(5 * units, 6 * units)]).toEqual(Array.from({ length: units }, () => 0));
  });

  test('equals rounding where inputs are independent', () => {
    const identity = Float64Array.from({ length: inputs * inputs }, (_, at) => (at % (inputs + 1) === 0 ? 1 : 0));
    expect(gptq(random, identity, { bits: 4 }).values).toEqual(roundToGrid(random, weightGrid(random, { bits: 4 })).values);
  });

  test.each([
    [() => gptq(random, new Float64Array(4)), /hessian has 4 values/],
    [() => gptq(random, h, { damping: 0 }), /damping is 0/],
    [() => gptq(random, h, { groupSize: 5 }), /groupSize 5 does not divide the 48 inputs/],
    [() => gptq(random, h, { bits: 1 }), /bits is 1/],
    [
      () =>
        gptq(
          random,
          h.map((x) => -x),
        ),
      /pivot \d+ is -/,
    ],
    [() => gptq({ ...random, values: random.values.map((x, i) => (i === 12 ? Number.NaN : x)) }, h), /input 1 to unit 2 is NaN/],
  ])('refuses bad arguments %#', (call, message) => expect(call).toThrow(message));
});

describe('grids', () => {
  const weight = fromUnits([
    [1, -2, 0.5, 0.25],
    [0, 0, 0, 0],
  ]);

  test('integers are narrow, full or asymmetric', () => {
    expect(weightGrid(weight, { bits: 4 })).toMatchObject({ least: -7, most: 7, scales: Float32Array.of(2 / 7, 1) });
    expect(weightGrid(weight, { bits: 4, integers: 'full' }).scales[0]).toBeCloseTo(4 / 15, 6);
    const asymmetric = weightGrid(weight, { bits: 4, integers: 'asymmetric' });
    expect(asymmetric.scales[0]).toBeCloseTo(3 / 15, 6);
    expect(asymmetric.zeroPoints[0]).toBe(2);
  });

  test('a channel of zeros stays zero, and one step may serve all', () => {
    const rounded = roundToGrid(weight, weightGrid(weight));
    expect(toUnits(dequantizeWeight(rounded), 2)[1]).toEqual([0, 0, 0, 0]);
    expect(weightGrid(weight, { granularity: 'tensor' }).scales).toHaveLength(1);
    expect(weightGrid(weight, { groupSize: 2 }).scales).toHaveLength(4);
  });

  test('rounding twice changes nothing, for every width', () => {
    const next = noise(3);
    const values = Float64Array.from({ length: 60 }, next);
    for (let bits = 2; bits <= 16; bits++) {
      for (const integers of ['narrow', 'full', 'asymmetric'] as const) {
        const matrix = { values, inputs: 12, units: 5 };
        const grid = weightGrid(matrix, { bits, integers });
        const once = roundToGrid(matrix, grid);
        expect(roundToGrid({ ...matrix, values: dequantizeWeight(once) }, grid).values).toEqual(once.values);
        expect(Math.min(...once.values)).toBeGreaterThanOrEqual(grid.least);
        expect(Math.max(...once.values)).toBeLessThanOrEqual(grid.most);
      }
    }
  });

  test('a searched range is better where an outlier would cost all others', () => {
    const values = Float64Array.from({ length: 512 }, (_, i) => (i === 9 ? 2 : Math.sin(i) * 0.5));
    const matrix = { values, inputs: 512, units: 1 };
    const error = (range: 'extremes' | 'search'): number =>
      dequantizeWeight(roundToGrid(matrix, weightGrid(matrix, { bits: 3, range }))).reduce(
        (sum, w, i) => sum + Math.abs(w - values[i]!) ** 2.4,
        0,
      );
    expect(error('search')).toBeLessThan(0.8 * error('extremes'));
  });
});

test('ternary weights follow their threshold, binary ones the sign', () => {
  const weight = fromUnits([
    [1, -2, 0.1, 0.9],
    [0, 0, 0, 0],
  ]);
  expect(toUnits(ternaryWeight(weight).values, 2)).toEqual([
    [1, -1, 0, 1],
    [0, 0, 0, 0],
  ]);
  expect(ternaryWeight(weight).scales[0]).toBeCloseTo(1.3, 6);
  expect(toUnits(binaryWeight(weight).values, 2)).toEqual([
    [1, -1, 1, 1],
    [0, 0, 0, 0],
  ]);
  expect(binaryWeight(weight).scales[0]).toBeCloseTo(1, 6);
});

test('SmoothQuant’s toy of its paper', () => {
  const weight: WeightMatrix = { values: Float64Array.of(2, 1, -2, 1, -1, -1, 2, -1, -2, -1, -1, 1), inputs: 4, units: 3 };
  expect([...smoothingFactors([2, 16, 2, 9], weight)]).toBeAllclose([1, 4, 1, 3]);
  expect([...smoothingFactors([0, 16, 2, 9], weight)][0]).toBe(1);
});

test('equalizing gives both layers the same range in every channel', () => {
  const next = noise(5);
  const first = { values: Float64Array.from({ length: 12 }, next), inputs: 3, units: 4 };
  const second = { values: Float64Array.from({ length: 8 }, next), inputs: 4, units: 2 };
  const factors = equalizingFactors(first, second);
  for (let channel = 0; channel < 4; channel++) {
    const made = Math.max(...[0, 1, 2].map((input) => Math.abs(first.values[input * 4 + channel]!))) / factors[channel]!;
    const used = Math.max(...[0, 1].map((unit) => Math.abs(second.values[channel * 2 + unit]!))) * factors[channel]!;
    expect(made).toBeCloseTo(used, 12);
  }
  expect(() => equalizingFactors(first, first)).toThrow(/4 units, but the second 3 inputs/);
});

test('AWQ scales protect the inputs that matter', () => {
  const next = noise(11);
  const [inputs, units] = [16, 8];
  const weight = { values: Float64Array.from({ length: inputs * units }, next), inputs, units };
  const samples = Array.from({ length: 100 }, () => Array.from({ length: inputs }, (_, i) => next() * (i === 3 ? 30 : 1)));
  const meanSize = Array.from({ length: inputs }, (_, i) => samples.reduce((sum, x) => sum + Math.abs(x[i]!), 0) / 100);
  const found = awqScales(weight, { meanSize, hessian: hessianOf(samples) }, { bits: 3 });
  expect(found.exponent).toBeGreaterThan(0);
  expect(found.error).toBeLessThan(0.5 * found.unscaledError);
  expect(found.scales[3]).toBe(Math.max(...found.scales));
});

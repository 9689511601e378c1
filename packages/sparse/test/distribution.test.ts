import fc from 'fast-check';
import { expect, test } from 'vitest';
import { erdosRenyiDensity, layerDensities, nonZerosOf } from '../src/index.ts';

const sparsities = (...args: Parameters<typeof layerDensities>): number[] => layerDensities(...args).map((density) => 1 - density);

// Golden values of JaxPruner's tests.
test('erk: JaxPruner’s sparsities', () => {
  const shapes = [
    [2, 4],
    [3, 6],
    [2, 4, 6],
  ];
  expect(sparsities('erk', shapes, 0.5)).toBeAllclose([0, 0.3095238, 0.6547619], { rtol: 0, atol: 1e-7 });
  expect(sparsities('er', shapes, 0.5)).toBeAllclose([0.2071429, 0.4714286, 0.5595238], { rtol: 0, atol: 1e-7 });
  expect(sparsities('erk', shapes, 0.2)).toBeAllclose([0.5555556, 0.7037037, 0.8518519], { rtol: 0, atol: 1e-7 });
  expect(sparsities('erk', shapes, 0.5, { power: 2 })).toBeAllclose([0, 0.0333333, 0.7583333], { rtol: 0, atol: 1e-7 });
  const nested = [
    [2, 4],
    [3, 6, 7],
    [7, 4],
  ];
  expect(sparsities('erk', nested, 0.5).map((value) => value.toFixed(2))).toEqual(['0.00', '0.64', '0.00']);
  expect(sparsities('erk', nested, 0.5, { fixed: { 2: 0.1 } })[1]!.toFixed(2)).toBe('0.53');
});

test('erk of LeNet-300-100 at sparsities of 80 to 99 %', () => {
  const shapes = [
    [784, 300],
    [300, 100],
    [100, 10],
  ];
  const expected = {
    0.2: [0.16224, 0.46936, 1],
    0.1: [0.07957, 0.23019, 1],
    0.05: [0.03848, 0.11133, 0.91851],
    0.02: [0.01539, 0.04453, 0.3674],
    0.01: [0.0077, 0.02227, 0.1837],
  };
  for (const [density, densities] of Object.entries(expected))
    expect(layerDensities('erk', shapes, Number(density))).toBeAllclose(densities, { rtol: 0, atol: 5e-6 });
});

test('whatever the shapes, the layers have the density together, to a weight a layer, and none more than 1', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.constantFrom('uniform' as const, 'er' as const, 'erk' as const),
      fc.array(shape, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (name, shapes, density) => {
        const sizes = shapes.map((sizes) => sizes.reduce((all, size) => all * size, 1));
        const densities = layerDensities(name, shapes, density);
        const all = sizes.reduce((sum, size) => sum + size, 0);
        expect(densities.every((value) => value >= 0 && value <= 1 + 1e-12)).toBe(true);
        expect(Math.abs(densities.reduce((sum, value, layer) => sum + value * sizes[layer]!, 0) - density * all)).toBeLessThanOrEqual(
          shapes.length + 1e-9 * all,
        );
      },
    ),
  );
});

test('counts of non-zeros: size - floor(sparsity · size)', () => {
  expect([nonZerosOf(0.5, 120), nonZerosOf(0.2, 8), nonZerosOf(0.9, 30)]).toEqual([60, 2, 27]);
  expect([nonZerosOf(0, 7), nonZerosOf(1, 7)]).toEqual([0, 7]);
});

test('erdosRenyiDensity: SET’s networks have the links its formula gives', () => {
  const links = (sizes: number[], epsilon: number): number =>
    sizes
      .slice(1)
      .reduce((sum, units, layer) => sum + Math.round(erdosRenyiDensity(sizes[layer]!, units, epsilon) * units * sizes[layer]!), 0);
  expect(links([784, 1000, 1000, 1000, 10], 20)).toBe(125_680);
  // The last layer of the first would have more links than weights: 13,130 of 10,000. Its program draws with repetition and gets fewer.
  expect(links([784, 1000, 1000, 1000], 13)).toBe(23_192 + 26_000 + 26_000);
});

test('wrong arguments are refused by name', () => {
  expect(() => layerDensities('ERK' as never, [[2, 2]], 0.5)).toThrow(/distribution is "ERK", but must be one of uniform, er, erk/);
  expect(() => layerDensities('erk', [[2, 2]], 1.5)).toThrow(/density is 1.5, but must be a finite number at least 0 and at most 1/);
  expect(() => layerDensities('erk', [[2, -2]], 0.5)).toThrow(/shapes is \[\[2, -2\]\]/);
  expect(() => layerDensities('erk', [[2, 2]], 0.5, { fixed: { 3: 1 } })).toThrow(/fixed\[3\] belongs to no layer/);
});

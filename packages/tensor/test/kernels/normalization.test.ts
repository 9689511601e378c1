import { expect, test } from 'vitest';
import { channelNorm, channelNormGradient } from '../../src/kernels/channel-norm.ts';
import { layerNorm, layerNormGradient } from '../../src/kernels/layer-norm.ts';
import { referenceNorm } from '../../src/kernels/reference/normalization.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats } from './values.ts';

const EPSILON = 1e-5;
const layers = [
  [0, 3],
  [1, 1],
  [3, 2],
  [7, 8],
  [65, 9],
  [130, 33],
  [300, 64],
  [2, 1000],
] as const;
/** Images, rows, channels, groups. */
const images = [
  [1, 1, 1, 1],
  [2, 3, 4, 2],
  [1, 50, 8, 8],
  [3, 7, 33, 11],
  [2, 300, 64, 32],
  [1, 1000, 17, 17],
  [5, 1, 40, 1],
] as const;
// Each result is a few operations of values around 1 whose statistics are right to some roundings.
const tolerance = { rtol: 1e-5, atol: 1e-5 };
/** Of sums of so many values of sizes up to 4: sqrt(count) roundings, the others cancel, of sums of about 4·sqrt(count). */
const ofSums = (count: number) => ({ rtol: 1e-5, atol: 1e-5 + count * 2 ** -22 });
/** Around 3, so that the squares of a variance that isn't taken about the mean would cancel. */
const around3 = (count: number, seed: number): Float32Array => floats(count, seed).map((value) => value + 3);

inEveryCombination((kernels) => {
  test.for(layers)('layer normalization of [%i, %i], with the mean and without, and its gradients: within 1e-5', ([rows, n]) => {
    const [x, gamma, dy] = [around3(rows * n, 1), floats(n, 2), floats(rows * n, 4)];
    for (const beta of [floats(n, 3), undefined]) {
      const expected = referenceNorm(x, gamma, beta, dy, EPSILON, rows, (i) => Math.floor(i / n));
      const blocks = new Blocks(kernels());
      const empty = (length: number): number => blocks.place(new Float32Array(length).fill(NaN));
      const [y, moments, dx, sums] = [empty(rows * n), empty(rows * 2), empty(rows * n), empty(2 * n)];
      const call = { x: blocks.place(x), rows, n, gamma: blocks.place(gamma), beta: beta ? blocks.place(beta) : 0, moments };
      layerNorm(kernels(), { ...call, to: y, epsilon: EPSILON });
      layerNormGradient(kernels(), { ...call, to: dx, dy: blocks.place(dy), dGamma: sums, dBeta: sums + 4 * n });
      expect(blocks.read(y, new Float32Array(rows * n))).toBeAllclose(expected.y, tolerance);
      // One value alone has a variance of 0, whose inverse deviation is large.
      expect(blocks.read(dx, new Float32Array(rows * n))).toBeAllclose(expected.dx, n === 1 ? { rtol: 1e-5, atol: 1e-2 } : tolerance);
      const parameters = blocks.read(sums, new Float32Array(2 * n));
      expect(parameters.subarray(0, n)).toBeAllclose(expected.dGamma, ofSums(rows));
      expect(parameters.subarray(n)).toBeAllclose(expected.dBeta, ofSums(rows));
      blocks.release();
    }
  });

  test.for(images)(
    'normalization of %i images [%i, %i] by %i groups, and its gradients: within 1e-5',
    ([count, rows, channels, groups]) => {
      const size = count * rows * channels;
      const [x, gamma, beta, dy] = [around3(size, 1), floats(channels, 2), floats(channels, 3), floats(size, 4)];
      const width = channels / groups;
      const setOf = (i: number): number => Math.floor(i / (rows * channels)) * groups + Math.floor((i % channels) / width);
      const expected = referenceNorm(x, gamma, beta, dy, EPSILON, count * groups, setOf);
      const blocks = new Blocks(kernels());
      const empty = (length: number): number => blocks.place(new Float32Array(length).fill(NaN));
      const [mean, variance, y, dx, dGamma, dBeta] = [count * groups, count * groups, size, size, channels, channels].map(empty) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const call = {
        x: blocks.place(x),
        images: count,
        rows,
        channels,
        groups,
        gamma: blocks.place(gamma),
        epsilon: EPSILON,
        mean,
        variance,
      };
      channelNorm(kernels(), { ...call, to: y, beta: blocks.place(beta) });
      channelNormGradient(kernels(), { ...call, dy: blocks.place(dy), dx, dGamma, dBeta });
      const read = (address: number, length: number): Float32Array => blocks.read(address, new Float32Array(length));
      expect(read(mean, count * groups)).toBeAllclose(expected.mean, tolerance);
      expect(read(variance, count * groups)).toBeAllclose(expected.variance, tolerance);
      expect(read(y, size)).toBeAllclose(expected.y, tolerance);
      expect(read(dx, size)).toBeAllclose(expected.dx, rows * width === 1 ? { rtol: 1e-5, atol: 1e-2 } : tolerance);
      expect(read(dGamma, channels)).toBeAllclose(expected.dGamma, ofSums(count * rows));
      expect(read(dBeta, channels)).toBeAllclose(expected.dBeta, ofSums(count * rows));
      blocks.release();
    },
  );
});

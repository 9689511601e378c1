import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { batchNorm, groupNorm, layerNorm, random, rmsNorm } from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

type Numbers = number[][][];

interface Golden {
  readonly x: Numbers;
  readonly gamma: number[];
  readonly beta: number[];
  readonly dy: Numbers;
  readonly statistics: { readonly mean: number[]; readonly variance: number[] };
  readonly rows: {
    readonly name: string;
    readonly op: keyof typeof ops;
    readonly options: Options;
    readonly y: Numbers;
    readonly gradients: (Numbers | number[])[];
  }[];
}

interface Options {
  readonly epsilon?: number;
  readonly groups?: number;
}

type Norm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, options: Options) => tf.Tensor;

const ops = {
  layerNorm,
  rmsNorm: (x, gamma, _, options) => rmsNorm(x, gamma, options),
  groupNorm,
  batchNorm: (x, gamma, beta, options) => batchNorm(x, gamma, beta, options).y,
} satisfies Record<string, Norm>;

/** The same of an x in double precision, as it is defined: which values share statistics decides which norm it is. */
function plain(
  name: keyof typeof ops,
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { epsilon = 1e-5, groups = 32 }: Options,
): Float64Array {
  const [values, g, b] = [x, gamma, beta].map((tensor) => tensor.dataSync()) as [Float32Array, Float32Array, Float32Array];
  const n = g.length;
  const image = x.size / x.shape[0]!;
  const setOf = (i: number): number => {
    if (name === 'batchNorm') return i % n;
    if (name === 'groupNorm') return Math.floor(i / image) * groups + Math.floor(((i % n) * groups) / n);
    return Math.floor(i / n);
  };
  const [counts, sums, squares]: [number[], number[], number[]] = [[], [], []];
  const add = (to: number[], at: number, value: number): void => void (to[at] = (to[at] ?? 0) + value);
  values.forEach((value, i) => add(counts, setOf(i), 1) ?? add(sums, setOf(i), value));
  const mean = sums.map((sum, set) => (name === 'rmsNorm' ? 0 : sum / counts[set]!));
  values.forEach((value, i) => add(squares, setOf(i), (value - mean[setOf(i)]!) ** 2));
  return Float64Array.from(values, (value, i) => {
    const set = setOf(i);
    const normal = (value - mean[set]!) / Math.sqrt(squares[set]! / counts[set]! + epsilon);
    return normal * g[i % n]! + (name === 'rmsNorm' ? 0 : b[i % n]!);
  });
}

const { x, gamma, beta, dy, statistics, rows } = golden<Golden>('normalization');

const shapes: [name: keyof typeof ops, shape: number[], options: Options][] = [
  ['layerNorm', [1], {}],
  ['layerNorm', [3, 1], {}],
  ['layerNorm', [0, 4], {}],
  ['layerNorm', [5, 7], {}],
  ['layerNorm', [130, 33], {}],
  ['layerNorm', [2, 70, 128], {}],
  ['rmsNorm', [2], {}],
  ['rmsNorm', [0, 4], {}],
  ['rmsNorm', [130, 33], {}],
  ['rmsNorm', [2, 70, 128], {}],
  ['groupNorm', [3, 6], { groups: 2 }],
  ['groupNorm', [0, 4, 6], { groups: 2 }],
  ['groupNorm', [2, 5, 7, 33], { groups: 11 }],
  ['groupNorm', [3, 20, 10, 64], { groups: 32 }],
  ['groupNorm', [2, 3, 64], {}],
  ['batchNorm', [1, 1], {}],
  ['batchNorm', [9, 5], {}],
  ['batchNorm', [7, 11, 13, 33], {}],
  ['batchNorm', [64, 14, 14, 32], {}],
];

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(rows)("$name: PyTorch's values and gradients, rtol 1e-5", ({ op, options, y, gradients }) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const inputs = [tf.tensor3d(x), tf.tensor1d(gamma), tf.tensor1d(beta)].slice(0, gradients.length);
        const run = (...[a, g, b]: tf.Tensor[]): tf.Tensor => ops[op](a!, g!, b!, options);
        expect(run(...inputs)).toBeAllclose(y, { rtol: 1e-5, atol: 1e-6 });
        tf.grads(run)(inputs, tf.tensor3d(dy)).forEach((gradient, index) =>
          expect(gradient).toBeAllclose(gradients[index]!, { rtol: 1e-5, atol: 4e-6 }),
        );
      }),
    );
  });

  test('batchNorm gives the statistics, and no gradient flows through them', () => {
    tf.tidy(() => {
      const inputs = [tf.tensor3d(x), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
      const { mean, variance } = batchNorm(...inputs);
      expect(mean).toBeAllclose(statistics.mean, { rtol: 1e-6 });
      expect(variance).toBeAllclose(statistics.variance, { rtol: 1e-6 });
      const gradient = tf.grad((a: tf.Tensor) => {
        const result = batchNorm(a, inputs[1], inputs[2]);
        return tf.addN([tf.sum(result.mean), tf.sum(result.variance), tf.mul(tf.sum(result.y), 0)]);
      })(inputs[0]);
      expect(gradient).toBeAllclose(tf.zerosLike(inputs[0]));
    });
  });

  // Means and variances are of numbers around 3, whose squares cancel where a variance isn't taken about the mean.
  test.each(shapes)('%s of %o: as it is defined, atol 1e-5; its gradients are those of tfjs operations', (name, shape, options) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const n = shape.at(-1)!;
        const [forX, forGamma, forBeta, forDy] = random.split(random.key(7), 4);
        const inputs = [tf.add(random.normal(forX, shape), 3), random.normal(forGamma, [n]), random.normal(forBeta, [n])];
        const y = ops[name](inputs[0]!, inputs[1]!, inputs[2]!, options);
        expect(y.shape).toEqual(shape);
        expect(y).toBeAllclose(plain(name, inputs[0]!, inputs[1]!, inputs[2]!, options), { rtol: 1e-5, atol: 1e-5 });
        const used = name === 'rmsNorm' ? inputs.slice(0, 2) : inputs;
        const upstream = random.normal(forDy, shape);
        const ours = tf.grads((...[a, g, b]: tf.Tensor[]) => ops[name](a!, g!, b!, options))(used, upstream);
        const theirs = tf.grads((...[a, g, b]: tf.Tensor[]) => composed(name, a!, g!, b, options))(used, upstream);
        ours.forEach((gradient, index) => {
          // Sums over all rows, each of a rounding of its own.
          const terms = index === 0 ? 1 : Math.sqrt(gradient.size === 0 ? 1 : inputs[0]!.size / n);
          expect(gradient).toBeAllclose(theirs[index]!, { rtol: 2e-5, atol: 2e-5 * Math.max(1, terms) });
        });
      }),
    );
  });

  test('a value of NaN makes NaN of what shares its statistics, and of nothing else', () => {
    tf.tidy(() => {
      const images = tf.tensor3d([[[NaN, 1, 2, 3]], [[4, 5, 6, 8]]]);
      const [g, b] = [tf.ones([4]), tf.zeros([4])];
      const places = (y: tf.Tensor): boolean[] => Array.from(y.dataSync(), Number.isNaN);
      const [T, F] = [true, false];
      expect(places(layerNorm(images, g, b))).toEqual([T, T, T, T, F, F, F, F]);
      expect(places(rmsNorm(images, g))).toEqual([T, T, T, T, F, F, F, F]);
      expect(places(groupNorm(images, g, b, { groups: 2 }))).toEqual([T, T, F, F, F, F, F, F]);
      expect(places(batchNorm(images, g, b).y)).toEqual([T, F, F, F, T, F, F, F]);
    });
  });
});

/** By tfjs's operations alone. */
function composed(
  name: keyof typeof ops,
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor | undefined,
  { epsilon = 1e-5, groups = 32 }: Options,
): tf.Tensor {
  const [batch, n] = [x.shape[0]!, x.shape.at(-1)!];
  if (x.size === 0) return tf.add(tf.mul(x, gamma), beta ?? 0);
  const sets = {
    layerNorm: [[-1, n], [1]],
    rmsNorm: [[-1, n], [1]],
    groupNorm: [
      [batch, -1, groups, n / groups],
      [1, 3],
    ],
    batchNorm: [[-1, n], [0]],
  }[name] as [number[], number[]];
  const rows = tf.reshape(x, sets[0]);
  const centered = name === 'rmsNorm' ? rows : tf.sub(rows, tf.mean(rows, sets[1], true));
  const normal = tf.div(centered, tf.sqrt(tf.add(tf.mean(tf.square(centered), sets[1], true), epsilon)));
  return tf.add(tf.mul(tf.reshape(normal, x.shape), gamma), beta ?? 0);
}

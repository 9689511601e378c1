import { expect, test } from 'vitest';
import { gemm } from '../../src/kernels/gemm.ts';
import { gemmActivations, type GemmActivation } from '../../src/kernels/product.ts';
import { i32Gemm } from '../../src/kernels/i32-gemm.ts';
import { referenceGemm } from '../../src/kernels/reference/gemm.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, integers } from './values.ts';

/** Sizes around every tile's edges, rows and columns alone, and several blocks of k. */
const sizes: readonly (readonly [m: number, n: number, k: number])[] = [
  [1, 1, 1],
  [1, 7, 5],
  [7, 1, 5],
  [1, 33, 130],
  [31, 1, 130],
  [1, 523, 510],
  [520, 1, 515],
  [2, 3, 4],
  [5, 8, 3],
  [6, 16, 7],
  [7, 17, 1],
  [8, 15, 64],
  [9, 31, 65],
  [10, 33, 2],
  [11, 16, 129],
  [13, 65, 37],
  [29, 47, 61],
  [64, 64, 64],
  [128, 10, 100],
  [97, 101, 103],
  [30, 40, 1031],
  [200, 70, 400],
  [630, 37, 70],
];
const activations = Object.keys(gemmActivations) as GemmActivation[];

inEveryCombination((kernels) => {
  // Each of k products and sums rounds once, in any order: the error grows like k, and in practice like its root.
  test('f32-gemm: error at most 2^-23 · sqrt(k) · (sum of the products’ sizes), every transposition and epilogue', () => {
    const wrong: string[] = [];
    sizes.forEach(([m, n, k], index) => {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const activation = activations[(index + (transposeA ? 1 : 0) + (transposeB ? 2 : 0)) % activations.length] as GemmActivation;
          const a = floats(m * k, index + 1);
          const b = floats(k * n, index + 100);
          const bias = index % 2 ? floats(n, index + 200) : undefined;
          const shape = { m, n, k, transposeA, transposeB, activation, slope: 0.3 };
          const expected = referenceGemm({ ...shape, ...(bias ? { bias } : {}) }, a, b);
          const scale = referenceGemm({ m, n, k, transposeA, transposeB }, a.map(Math.abs), b.map(Math.abs));
          const blocks = new Blocks(kernels());
          const c = blocks.place(new Float32Array(m * n).fill(NaN));
          gemm(kernels(), { ...shape, a: blocks.place(a), b: blocks.place(b), c, bias: bias ? blocks.place(bias) : 0 });
          const given = blocks.read(c, new Float32Array(m * n));
          blocks.release();
          for (let i = 0; i < given.length; i++) {
            const error = Math.abs(given[i]! - expected[i]!);
            const most = 2 ** -23 * (Math.sqrt(k) * scale[i]! + 4);
            if (!(error <= most))
              wrong.push(`${m}x${k}x${n} ${transposeA} ${transposeB} ${activation}: [${i}] is ${given[i]}, not ${expected[i]}`);
          }
        }
      }
    });
    expect(wrong).toEqual([]);
  });

  test('f32-gemm: a batch, shared and repeated matrices, and adding to C', () => {
    for (const [m, n, k, batch] of [
      [5, 9, 13, 7],
      [20, 70, 33, 3],
      [100, 120, 90, 5],
    ] as const) {
      for (const repeat of ['none', 'a', 'b'] as const) {
        const a = floats(m * k * (repeat === 'a' ? 1 : batch), 1);
        const b = floats(k * n * (repeat === 'b' ? 1 : batch), 2);
        const before = floats(m * n * batch, 3);
        const blocks = new Blocks(kernels());
        const c = blocks.place(before);
        const strides = { strideA: repeat === 'a' ? 0 : m * k, strideB: repeat === 'b' ? 0 : k * n, strideC: m * n };
        gemm(kernels(), { m, n, k, batch, ...strides, a: blocks.place(a), b: blocks.place(b), c, accumulate: true });
        const given = blocks.read(c, new Float32Array(m * n * batch));
        blocks.release();
        for (let index = 0; index < batch; index++) {
          const left = a.subarray(strides.strideA * index, strides.strideA * index + m * k);
          const right = b.subarray(strides.strideB * index, strides.strideB * index + k * n);
          const expected = referenceGemm({ m, n, k }, left, right);
          const part = given.subarray(index * m * n, (index + 1) * m * n);
          expect(part).toBeAllclose(
            expected.map((value, i) => value + before[index * m * n + i]!),
            { rtol: 1e-5, atol: 1e-4 },
          );
        }
      }
    }
  });

  test('f32-gemm: NaN and infinity go where they belong, and nowhere else', () => {
    const [m, n, k] = [13, 21, 30];
    const a = floats(m * k, 1);
    const b = floats(k * n, 2);
    a[3 * k + 4] = NaN;
    b[7 * n + 20] = Infinity;
    const blocks = new Blocks(kernels());
    const c = blocks.place(new Float32Array(m * n));
    gemm(kernels(), { m, n, k, a: blocks.place(a), b: blocks.place(b), c });
    const given = blocks.read(c, new Float32Array(m * n));
    blocks.release();
    const expected = referenceGemm({ m, n, k }, a, b);
    given.forEach((value, i) =>
      expect([Number.isNaN(value), Number.isFinite(value)]).toEqual([Number.isNaN(expected[i]), Number.isFinite(expected[i]!)]),
    );
  });

  test('f32-gemm: repeated runs give the same bits', () => {
    const [m, n, k] = [150, 170, 500];
    const blocks = new Blocks(kernels());
    const c = blocks.place(new Float32Array(m * n));
    const call = { m, n, k, a: blocks.place(floats(m * k, 1)), b: blocks.place(floats(k * n, 2)), c };
    const run = (): Float32Array => {
      gemm(kernels(), call);
      return blocks.read(c, new Float32Array(m * n));
    };
    const first = run();
    for (let i = 0; i < 10; i++) expect(run()).toEqual(first);
    blocks.release();
  });

  test('i32-gemm: exact, modulo 2^32', () => {
    for (const [m, n, k] of [
      [1, 1, 1],
      [3, 5, 7],
      [8, 33, 20],
    ] as const) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = integers(m * k, 1);
          const b = integers(k * n, 2);
          const blocks = new Blocks(kernels());
          const c = blocks.place(new Int32Array(m * n));
          i32Gemm(kernels(), { m, n, k, transposeA, transposeB, a: blocks.place(a), b: blocks.place(b), c });
          const given = blocks.read(c, new Int32Array(m * n));
          blocks.release();
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              let sum = 0;
              for (let l = 0; l < k; l++)
                sum = (sum + Math.imul(a[transposeA ? l * m + i : i * k + l]!, b[transposeB ? j * k + l : l * n + j]!)) | 0;
              expect(given[i * n + j]).toBe(sum);
            }
          }
        }
      }
    }
  });
});

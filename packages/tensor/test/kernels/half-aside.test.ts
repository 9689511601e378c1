import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { gemm } from '../../src/kernels/gemm.ts';
import { gaveUp, putBack, setAside, setAsideAgain, type HalfAside } from '../../src/kernels/half-aside.ts';
import { storedFormats } from '../../src/kernels/half.ts';
import { referenceGemm } from '../../src/kernels/reference/gemm.ts';
import { codeOfHalf, valueOfHalf } from '../../src/kernels/reference/half.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { expectSums } from './rounded-sums.ts';
import { floats } from './values.ts';

const bytesOf = (codes: Uint16Array): Uint8Array => new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
/** Where they differ first, or -1; the matcher for arrays takes seconds. */
const firstDifference = (given: Uint16Array, expected: Uint16Array): number => given.findIndex((code, i) => code !== expected[i]);
const isAside = (code: number): boolean => (code & 0x7c00) === 0x7c00 || ((code & 0x7c00) === 0 && (code & 0x3ff) !== 0);
/** All codes that are 0 or normal; and all others. */
const all = Array.from({ length: 65536 }, (_, code) => code);
const ordinary = all.filter((code) => !isAside(code));
const others = all.filter(isAside);

/** A matrix of codes, and what a product with one row makes of it while some of them are set aside; NaN where it gave up. */
class Stored {
  readonly aside: HalfAside | undefined;
  readonly #kernels: Kernels;
  readonly #blocks: Blocks;
  readonly #matrix: number;
  readonly #shape: readonly [number, number];
  readonly #codes: Uint16Array;

  constructor(kernels: Kernels, codes: Uint16Array, shape: readonly [number, number]) {
    this.#kernels = kernels;
    this.#blocks = new Blocks(kernels);
    this.#matrix = this.#blocks.place(bytesOf(codes));
    this.#shape = shape;
    this.#codes = codes;
    this.aside = setAside(kernels, this.#matrix, ...shape);
  }

  codes(): Uint16Array {
    const codes = new Uint16Array(this.#codes.length);
    this.#blocks.read(this.#matrix, bytesOf(codes));
    return codes;
  }

  product(x: Float32Array, transposeB: boolean): Float32Array {
    const [rows, columns] = this.#shape;
    const [k, n] = transposeB ? [columns, rows] : [rows, columns];
    const c = this.#blocks.place(new Float32Array(n).fill(NaN));
    const stored = [storedFormats.float16, this.aside!.list] as const;
    gemm(this.#kernels, { a: this.#blocks.place(x), b: this.#matrix, c, m: 1, n, k, transposeB, stored });
    return this.#blocks.read(c, new Float32Array(n));
  }

  release(): void {
    if (this.aside) this.#kernels.heap.release(this.aside.list, this.aside.bytes);
    this.#blocks.release();
  }
}

inEveryCombination((kernels) => {
  beforeAll(async () => (await enable()).load('half'));

  test('all 63,488 normal codes and zeros, bit for bit', () => {
    const codes = new Uint16Array(64 * 1024);
    codes.set(ordinary);
    const stored = new Stored(kernels(), codes, [64, 1024]);
    expect(firstDifference(stored.codes(), codes)).toBe(-1);
    for (let row = 0; row < 64; row++) {
      const given = stored.product(
        Float32Array.from({ length: 64 }, (_, i) => Number(i === row)),
        false,
      );
      // A sum of zeros has no sign of its own.
      expect([...given]).toEqual(Array.from({ length: 1024 }, (_, j) => 0 + valueOfHalf('float16', codes[1024 * row + j]!)));
    }
    const few = new Uint16Array(1024 * 16);
    for (let first = 0; first < ordinary.length; first += 1024) {
      few.fill(0);
      ordinary.slice(first, first + 1024).forEach((code, i) => (few[16 * i + (i % 16)] = code));
      const across = new Stored(kernels(), few, [1024, 16]);
      const given = across.product(new Float32Array(16).fill(1), true);
      expect([...given]).toEqual(Array.from({ length: 1024 }, (_, i) => 0 + valueOfHalf('float16', few[16 * i + (i % 16)]!)));
      across.release();
    }
    stored.release();
  });

  test('all 2,046 subnormal codes, infinities and 2,046 NaN, one a row, bit for bit; they come back as they were', () => {
    const [rows, columns] = [others.length, 64];
    const codes = new Uint16Array(rows * columns);
    // Those that are no numbers in columns of their own.
    others.forEach((code, i) => (codes[columns * i + ((code & 0x7c00) === 0 ? 8 + (i % 56) : i % 8)] = code));
    const values = Float64Array.from(codes, (code) => valueOfHalf('float16', code));
    const stored = new Stored(kernels(), codes, [rows, columns]);
    expect(firstDifference(stored.codes(), new Uint16Array(codes.length))).toBe(-1);
    const sums = (count: number, over: number, at: (i: number, j: number) => number): number[] =>
      Array.from({ length: count }, (_, i) =>
        Array.from({ length: over }, (_, j) => values[at(i, j)]!).reduce((sum, value) => sum + value, 0),
      );
    // Sums of subnormal numbers are exact.
    expect([...stored.product(new Float32Array(columns).fill(1), true)]).toEqual(sums(rows, columns, (i, j) => columns * i + j));
    expect([...stored.product(new Float32Array(rows).fill(1), false)]).toEqual(sums(columns, rows, (j, i) => columns * i + j));
    putBack(kernels(), stored.aside!);
    expect(firstDifference(stored.codes(), codes)).toBe(-1);
    setAsideAgain(kernels(), stored.aside!);
    expect(firstDifference(stored.codes(), new Uint16Array(codes.length))).toBe(-1);
    stored.release();
  });

  test.for([
    [1, 16],
    [2, 17],
    [3, 31],
    [5, 33],
    [20, 40],
    [257, 1030],
    [1030, 257],
    [64, 4100],
    [4100, 70],
  ] as const)('a row times [%i, %i], some of it set aside, is that with its values', ([rows, columns]) => {
    const values = floats(rows * columns, 2).map((value, i) => (i % 97 === 70 ? value * 1e-5 : value));
    const codes = Uint16Array.from(values, (value) => codeOfHalf('float16', value));
    const b = Float32Array.from(codes, (code) => valueOfHalf('float16', code));
    const stored = new Stored(kernels(), codes, [rows, columns]);
    expect(stored.aside).toBeDefined();
    for (const transposeB of [false, true]) {
      const [k, n] = transposeB ? [columns, rows] : [rows, columns];
      const x = floats(k, 1);
      const shape = { m: 1, n, k, transposeA: false, transposeB };
      const scale = Float64Array.from(referenceGemm(shape, x.map(Math.abs), b.map(Math.abs)), (value) => value + 1e-3);
      expectSums(
        stored.product(x, transposeB),
        Float64Array.from(referenceGemm(shape, x, b)),
        scale,
        k,
        `${rows}x${columns} ${transposeB}`,
      );
      expect(gaveUp(kernels(), stored.aside!)).toBe(false);
      for (const large of [32768, -1e30, Infinity, NaN]) {
        x[k - 1] = large;
        stored.product(x, transposeB);
        expect(gaveUp(kernels(), stored.aside!)).toBe(true);
        expect(gaveUp(kernels(), stored.aside!)).toBe(false);
      }
    }
    stored.release();
  });

  test('too many such codes, or too few columns: nothing is set aside', () => {
    for (const [codes, shape] of [
      [new Uint16Array(64 * 64).fill(1, 0, 65), [64, 64]],
      [new Uint16Array(64 * 15), [64, 15]],
    ] as const) {
      const stored = new Stored(kernels(), codes, shape);
      expect(stored.aside).toBeUndefined();
      expect(firstDifference(stored.codes(), codes)).toBe(-1);
      stored.release();
    }
  });
});

import { beforeAll, expect, test } from 'vitest';
import { enable } from '../../src/index.ts';
import { dotMode, isExact, type DotMode } from '../../src/kernels/quant/dot-mode.ts';
import { packMatrix, PANEL, panelCount, type MatrixShape } from '../../src/kernels/quant/matrix-layout.ts';
import { qs8, type Int8Output } from '../../src/kernels/quant/qs8.ts';
import { quantizeMultiplier } from '../../src/kernels/reference/quant/fixed-point.ts';
import { referenceInt8Product } from '../../src/kernels/reference/quant/int8-product.ts';
import { requantizer } from '../../src/kernels/reference/quant/requantize.ts';
import { inEveryCombination } from '../kernels/combinations.ts';
import { Blocks } from '../kernels/memory.ts';
import { floats } from '../kernels/values.ts';
import { bytes } from './bytes.ts';

/** Around every height of tile, width of panel and quad of inputs. */
const shapes: readonly (readonly [rows: number, inputs: number, units: number])[] = [
  [1, 1, 1],
  [1, 64, 33],
  [2, 3, 15],
  [3, 4, 16],
  [4, 5, 17],
  [5, 7, 31],
  [6, 8, 32],
  [7, 31, 1],
  [8, 33, 48],
  [11, 130, 50],
  [13, 12, 100],
  [31, 257, 19],
  [70, 61, 97],
  [1, 259, 50],
  [2, 9, 16],
  [1, 131, 20],
  [1, 257, 40],
  [25, 132, 34],
  [1, 68, 48],
];
const roundings = ['fp32', 'double', 'single'] as const;

/** By panels, as the kernels take them. */
function byPanels(values: ArrayLike<number>, units: number): Int32Array {
  return Int32Array.from({ length: panelCount(units) * PANEL }, (_, unit) => (unit < units ? (values[unit] as number) : 0));
}

inEveryCombination((kernels, tier) => {
  beforeAll(async () => (await enable()).load('quant'));

  test('the mode found is the fastest of those that are exact', () => {
    const mode = dotMode(kernels(), () => true);
    if (tier === 'simd') expect(mode).toBe('exact');
    expect(['unsigned', 'signed', 'pairs', 'exact']).toContain(mode);
    // Pairs of 7-bit weights stay in 16 bits: no processor with relaxed dot products has to widen them.
    if (tier !== 'simd') expect(mode).not.toBe('exact');
  });

  test('qs8: every output equals its twin, for both kinds of activations, widths of weights and zero points, in every exact mode', () => {
    const ofSeven = (['unsigned', 'signed', 'pairs'] as const).filter((mode) => tier !== 'simd' && isExact(kernels(), mode, 64));
    const modes: (readonly [mode: DotMode, least: number, most: number])[] = [
      ...[...new Set<DotMode>(['exact', dotMode(kernels(), () => false)])].map((mode) => [mode, -127, 127] as const),
      ...ofSeven.map((mode) => [mode, -64, 63] as const),
      // A single row of any weights.
      ...ofSeven.filter((mode) => mode === 'pairs').map((mode) => [mode, -128, 127] as const),
    ];
    shapes.forEach(([rows, inputs, units], index) => {
      for (const [mode, least, most] of modes) {
        if (mode === 'pairs' && least < -64 && rows > 1) continue;
        const xUnsigned = index % 2 === 1;
        const nibbles = index % 3 === 2;
        const zeros = index % 4 < 2 ? undefined : bytes(units, index + 30, nibbles ? -8 : -128, nibbles ? 7 : 127);
        const x = xUnsigned ? Uint8Array.from(bytes(rows * inputs, index, 0, 255)) : Int8Array.from(bytes(rows * inputs, index));
        const w = nibbles ? bytes(inputs * units, index + 9, -8, 7) : bytes(inputs * units, index + 9, least, most);
        const xZero = xUnsigned ? 131 : index - 5;
        const rowZeros = bytes(rows, index + 40);
        const bias = bytes(units, index + 3, -100000, 100000);
        const shape: MatrixShape = { inputs, units, nibbles };
        const sums = new Int32Array(units);
        for (let i = 0; i < w.length; i++) sums[i % units]! += w[i]!;
        const twin = (zeroOf: (row: number) => number): Int32Array =>
          referenceInt8Product({ x, rows, inputs, units, w, xZero: zeroOf, wZero: (unit) => zeros?.[unit] ?? 0 });
        const blocks = new Blocks(kernels());
        const c = blocks.place(new Uint8Array(rows * units * 4));
        const call = {
          x: blocks.place(new Uint8Array(x.buffer)),
          ...{ xUnsigned, xZero, rows, inputs, units, nibbles, c },
          weights: blocks.place(packMatrix(w, shape, false)),
          sums: blocks.place(byPanels(sums, units)),
          zeros: zeros ? blocks.place(byPanels(zeros, units)) : 0,
          bias: blocks.place(bias),
        };
        const label = `${mode} ${-least} ${rows}x${inputs}x${units}${nibbles ? ', nibbles' : ''}${xUnsigned ? ', unsigned' : ''}${zeros ? ', zeros' : ''}`;
        qs8(kernels(), mode, { ...call, output: { kind: 'int32' } });
        const expected = twin(() => xZero).map((sum, i) => sum + bias[i % units]!);
        expect(blocks.read(c, new Int32Array(rows * units)), label).toEqual(expected);

        for (const kind of roundings) {
          const scales = Float32Array.from({ length: units }, (_, unit) => (0.3 + (unit % 5)) / Math.sqrt(inputs) / 300);
          const fixed = Int32Array.from([...scales].flatMap((scale) => Object.values(quantizeMultiplier(scale, kind === 'single'))));
          const range = { zeroPoint: 7, least: -100, most: 120 };
          const output: Int8Output = {
            kind,
            factors: blocks.place(kind === 'fp32' ? scales : fixed),
            zero: 7,
            least: -100,
            most: 120,
            unsigned: false,
          };
          qs8(kernels(), mode, { ...call, output });
          const given = blocks.read(c, new Uint8Array(rows * units));
          expect(new Int8Array(given.buffer), `${label}, ${kind}`).toEqual(
            Int8Array.from(expected, (sum, i) => requantizer(kind, scales[i % units]!, range)(sum)),
          );
        }

        const [rowFactors, factors, added] = [floats(rows, 5), floats(units, 6), floats(units, 7)];
        qs8(kernels(), mode, {
          ...call,
          rowZeros: blocks.place(rowZeros),
          bias: blocks.place(added),
          output: { kind: 'float32', factors: blocks.place(factors), rowFactors: blocks.place(rowFactors), activation: 'relu', slope: 0 },
        });
        const real = Float32Array.from(
          twin((row) => rowZeros[row]!),
          (sum, i) => {
            const scale = Math.fround(rowFactors[Math.floor(i / units)]! * factors[i % units]!);
            return Math.max(Math.fround(Math.fround(Math.fround(sum) * scale) + added[i % units]!), 0);
          },
        );
        expect(blocks.read(c, new Float32Array(rows * units)), `${label}, floats`).toEqual(real);
        blocks.release();
      }
    });
  });

  test('qs8: sums of every size are rounded as the twin rounds them, by every shift, ties too', () => {
    const units = 16 * 400 + 5;
    const draw = (i: number): number => Math.imul(i + 1, 2654435761) >>> 0;
    const scales = Float64Array.from({ length: units }, (_, i) => (i % 3 === 0 ? 0.5 : 0.5 + draw(i) / 2 ** 33) * 2 ** (2 - (i % 34)));
    const sums = Int32Array.from({ length: units }, (_, i) => {
      const size = draw(i * 7) >> (i % 29);
      // Halves of what a unit is worth, and their neighbours.
      return i % 3 === 0 ? (((size | 1) << ((i % 34) % 20)) + (draw(i) % 3) - 1) | 0 : size;
    });
    const blocks = new Blocks(kernels());
    const c = blocks.place(new Uint8Array(units));
    for (const kind of ['double', 'single', 'fp32'] as const) {
      const range = { zeroPoint: -3, least: -128, most: 127 };
      const fixed = Int32Array.from([...scales].flatMap((scale) => Object.values(quantizeMultiplier(scale, kind === 'single'))));
      const shape = { inputs: 1, units, nibbles: false };
      qs8(kernels(), 'exact', {
        ...{ x: blocks.place(new Uint8Array(4)), xUnsigned: false, xZero: 0, rows: 1, ...shape, c, zeros: 0, bias: blocks.place(sums) },
        weights: blocks.place(packMatrix(new Int8Array(units), shape, false)),
        sums: blocks.place(byPanels(new Int32Array(units), units)),
        output: {
          kind,
          factors: blocks.place(kind === 'fp32' ? Float32Array.from(scales) : fixed),
          zero: -3,
          least: -128,
          most: 127,
          unsigned: false,
        },
      });
      const given = new Int8Array(blocks.read(c, new Uint8Array(units)).buffer);
      const expected = Int8Array.from(sums, (sum, i) =>
        requantizer(kind, kind === 'fp32' ? Math.fround(scales[i]!) : scales[i]!, range)(sum),
      );
      const wrong = [...expected.keys()]
        .filter((i) => given[i] !== expected[i])
        .map((i) => `${sums[i]} by ${scales[i]}: ${given[i]}, ${expected[i]}`);
      expect(wrong, kind).toEqual([]);
    }
    blocks.release();
  });

  test('qs8: all 256 x 256 products of bytes', () => {
    for (const xUnsigned of [false, true]) {
      const all = Int8Array.from({ length: 256 }, (_, i) => i - 128);
      const x = xUnsigned ? Uint8Array.from({ length: 256 }, (_, i) => i) : all;
      const blocks = new Blocks(kernels());
      const c = blocks.place(new Int32Array(256 * 256));
      qs8(
        kernels(),
        dotMode(kernels(), () => false),
        {
          ...{
            x: blocks.place(new Uint8Array(x.buffer)),
            xUnsigned,
            xZero: 0,
            rows: 256,
            inputs: 1,
            units: 256,
            nibbles: false,
            c,
            zeros: 0,
            bias: 0,
          },
          weights: blocks.place(packMatrix(all, { inputs: 1, units: 256, nibbles: false }, false)),
          sums: blocks.place(Int32Array.from(all)),
          output: { kind: 'int32' },
        },
      );
      expect(blocks.read(c, new Int32Array(65536))).toEqual(Int32Array.from({ length: 65536 }, (_, i) => x[i >> 8]! * all[i & 255]!));
      blocks.release();
    }
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { enable, random } from '../../src/index.ts';
import { csrLinear, csrPattern, int8CsrLinear, quantizeCsr } from '../../src/sparse.ts';
import { backends, useBackend } from '../backends.ts';
import { referenceInt8Spmm } from '../../src/kernels/reference/sparse/int8-products.ts';
import { quantizeTensor } from '../../src/quant.ts';
import { sparseMatrix } from './matrices.ts';

describe.each(backends)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
    if (!backend.startsWith('x')) return;
    const runtime = await enable();
    await Promise.all([runtime.load('sparse'), runtime.load('quant')]);
  });

  test.each([
    [[9, 40], 'relu', 'dynamic'],
    [[70, 40], 'gelu', { scale: 0.03, zeroPoint: -5 }],
    [[2, 3, 40], 'linear', 'dynamic'],
  ] as const)(
    'x %o, %s, %o: as near to float as its roundings let it be, and leaks nothing',
    async (shape, activation, inputQuantization) => {
      const { rows, columns, pointers, indices, values } = sparseMatrix(24, 40, 0.3, 5);
      const x = random.normal(random.key(1), [...shape]);
      const bias = random.normal(random.key(2), [rows]);
      await expectNoLeak(() => {
        const pattern = csrPattern(rows, columns, pointers, indices);
        const s = quantizeCsr(values, pattern);
        expect(s.bytes).toBe(values.length * 3 + 4 * (2 * rows + 1));
        const y = int8CsrLinear(x, s, bias, { activation, inputQuantization });
        expect(y.shape).toEqual([...shape.slice(0, -1), rows]);
        const exact = tf.tidy(() => csrLinear(x, tf.tensor1d(values), pattern, bias, { activation }));
        const numbers = x.dataSync();
        const [low, high] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
        const step = inputQuantization === 'dynamic' ? (high - low) / 255 : inputQuantization.scale;
        const ours = y.dataSync();
        exact.dataSync().forEach((value, at) => {
          const row = at % rows;
          const example = Math.floor(at / rows);
          let bound = 1e-4;
          for (let q = pointers[row]!; q < pointers[row + 1]!; q++) {
            const input = numbers[example * columns + indices[q]!]!;
            // Half a step of each, or what saturates.
            const dx = Math.max(0.5 * step, inputQuantization === 'dynamic' ? 0 : Math.abs(input) - 122 * step);
            bound += dx * Math.abs(values[q]!) + 0.5 * s.scales[row]! * (Math.abs(input) + dx);
          }
          // No activation here makes differences larger than 1.13 times.
          expect(Math.abs(ours[at]! - value)).toBeLessThanOrEqual(1.13 * bound);
        });
        for (const own of [pattern, s, y, exact]) own.dispose();
        s.dispose();
      });
      tf.dispose([x, bias]);
    },
  );

  test('what is beyond use is refused', () => {
    const pattern = csrPattern(2, 3, Int32Array.of(0, 2, 3), Int32Array.of(0, 2, 1));
    const s = quantizeCsr(Float32Array.of(1, -2, 3), pattern);
    expect(s.values).toEqual(Int8Array.of(64, -127, 127));
    expect(quantizeCsr(new Float32Array(3), pattern).scales).toEqual(Float32Array.of(1, 1));
    expectNoLeak(() => {
      const [x, short] = [tf.ones([1, 3]), tf.ones([1, 2])];
      expect(() => quantizeCsr(Float32Array.of(1, 2), pattern)).toThrow(/must hold float32 for each of the pattern's 3 non-zeros/);
      expect(() => quantizeCsr(Float32Array.of(1, 2, NaN), pattern)).toThrow(/NaN in row 1/);
      expect(() => int8CsrLinear(x, pattern as never)).toThrow(/must be what quantizeCsr/);
      expect(() => int8CsrLinear(short, s)).toThrow(/takes 3/);
      expect(() => int8CsrLinear(x, s, undefined, { inputQuantization: { scale: 1, type: 'uint8' } })).toThrow(/must be "int8"/);
      const odd = tf.tensor2d([[1, NaN, 2]]);
      expect(() => int8CsrLinear(odd, s)).toThrow(/only finite numbers/);
      expect(() => int8CsrLinear(odd, s, undefined, { inputQuantization: { scale: 1 } })).toThrow(/NaN at element 1/);
      s.dispose();
      expect(() => int8CsrLinear(x, s)).toThrow(/is disposed/);
      tf.dispose([x, short, odd]);
    });
    pattern.dispose();
  });
});

// Of 1,500 non-zeros a row float32 doesn't hold every sum, so that bytes are multiplied.
test.each([
  [40, 64, 0.2, true],
  [9, 1500, 1, false],
] as const)('the same bits on every tier, and those of the definition: %i x %i, density %d', async (height, across, density, fits) => {
  const { rows, columns, pointers, indices, values } = sparseMatrix(height, across, density, 9);
  const quantization = { scale: 0.03, zeroPoint: 9 };
  const outputs: Float32Array[] = [];
  for (const tier of ['simd', 'relaxed', 'wide'] as const) {
    const runtime = await enable({ tier });
    await Promise.all([runtime.load('sparse'), runtime.load('quant')]);
    tf.tidy(() => {
      const pattern = csrPattern(rows, columns, pointers, indices);
      const s = quantizeCsr(values, pattern);
      expect(s.sumsFitFloat32).toBe(fits);
      const x = random.normal(random.key(3), [77, columns]);
      const bias = random.normal(random.key(4), [rows]);
      const exact = referenceInt8Spmm(s, quantizeTensor(x, quantization).values() as Int8Array, 77, columns, {
        ...{ inputScale: quantization.scale, zero: quantization.zeroPoint, bias: bias.dataSync() as Float32Array },
      });
      expect(int8CsrLinear(x, s, bias, { activation: 'relu', inputQuantization: quantization }).dataSync()).toEqual(
        exact.map((value) => Math.max(value, 0)),
      );
      outputs.push(
        int8CsrLinear(random.normal(random.key(3), [77, columns]), s, undefined, { activation: 'relu' }).dataSync() as Float32Array,
      );
      s.dispose();
      pattern.dispose();
    });
  }
  expect(outputs[1]).toEqual(outputs[0]);
  expect(outputs[2]).toEqual(outputs[0]);
});

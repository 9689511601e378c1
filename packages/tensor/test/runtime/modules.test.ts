import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { backend, matMul, ones } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import type { XBackend } from '../../src/backend/backend.ts';
import { disable, enable } from '../../src/index.ts';
import { sparseSelfTest } from '../../src/backend/sparse/self-test.ts';

const wasm = (name: string): Uint8Array<ArrayBuffer> => readFileSync(resolve(import.meta.dirname, `../../src/generated/wasm/${name}.wasm`));
afterEach(disable);

test('kernels that the caller compiled run', async () => {
  const runtime = await enable({
    tier: 'simd',
    modules: { dense: new WebAssembly.Module(wasm('dense-simd')), product: new WebAssembly.Module(wasm('product-simd')) },
  });
  expect(runtime.tier).toBe('simd');
  expect(matMul(ones([2, 3]), ones([3, 1])).dataSync()).toEqual(new Float32Array([3, 3]));
});

/** A module with the family's kernels, none of which does anything. */
function idle(names: readonly string[]): WebAssembly.Module {
  const length = (bytes: readonly number[]): number[] => [
    (bytes.length & 0x7f) | 0x80,
    ((bytes.length >> 7) & 0x7f) | 0x80,
    bytes.length >> 14,
    ...bytes,
  ];
  const list = (items: readonly (readonly number[])[]): number[] => [items.length, ...items.flat()];
  const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
  const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...length(list(items))];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [[0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0]]),
      ...section(
        3,
        names.map(() => [0]),
      ),
      ...section(
        7,
        names.map((name, index) => [...text(name), 0, index]),
      ),
      ...section(
        10,
        names.map(() => [2, 0, 0x0b]),
      ),
    ]),
  );
}

test('a family whose kernels compute wrong results is replaced by that of the tier below, or refused where there is none', async () => {
  const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm('sparse-simd'))).map(({ name }) => name);
  const modules = { sparse: idle(names) };
  const runtime = await enable({ threads: 2, modules });
  await Promise.all([runtime.load('sparse'), runtime.load('sparse')]);
  expect(runtime.limits).toContain('tier relaxed for the family sparse: its wide kernels failed their self-test on this engine');
  expect((backend() as XBackend).kernels.has('f32_spmm')).toBe(true);
  expect(sparseSelfTest((backend() as XBackend).kernels)).toBe(true);
  expect(matMul(ones([2, 3]), ones([3, 1])).dataSync()).toEqual(new Float32Array([3, 3]));
  await disable();
  const portable = await enable({ tier: 'relaxed', modules });
  await expect(portable.load('sparse')).rejects.toThrow(/relaxed kernels of the family sparse compute wrong results/);
  expect((backend() as XBackend).kernels.has('f32_spmm')).toBe(false);
});

test('a module that is not the family is refused, and so is a family that does not exist', async () => {
  const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await expect(enable({ modules: { product: empty } })).rejects.toThrow(
    /modules: \{ product \} \}\): the module has no f32_gemm_pack.*of this very version/,
  );
  await expect(enable({ modules: { sparce: empty } })).rejects.toThrow(/no kernel family of that name; there are product, dense/);
  await expect(enable({ modules: { dense: wasm('dense-simd') as never } })).rejects.toThrow('must be a WebAssembly.Module');
});

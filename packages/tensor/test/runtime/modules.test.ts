import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { matMul, ones } from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';

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

test('a module that is not the family is refused, and so is a family that does not exist', async () => {
  const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await expect(enable({ modules: { product: empty } })).rejects.toThrow(
    /modules: \{ product \} \}\): the module has no f32_gemm_pack.*of this very version/,
  );
  await expect(enable({ modules: { sparce: empty } })).rejects.toThrow(/no kernel family of that name; there are product, dense/);
  await expect(enable({ modules: { dense: wasm('dense-simd') as never } })).rejects.toThrow('must be a WebAssembly.Module');
});

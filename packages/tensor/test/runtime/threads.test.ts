import { base64 } from '../../src/generated/tfjs-wasm.js';
import { gemm } from '../../src/kernels/gemm.ts';
import { WorkerLostError } from '../../src/runtime/errors.ts';
import { loadFamily, type CompiledFamily } from '../../src/runtime/families.ts';
import { Heap } from '../../src/runtime/heap.ts';
import { startWorker, type HostWorker } from '../../src/runtime/host.ts';
import { Kernels } from '../../src/runtime/kernels.ts';
import { createMemory } from '../../src/runtime/memory.ts';
import { unpack } from '../../src/runtime/unpack.ts';
import { instantiateTfjs } from '../../src/runtime/tfjs-module.ts';
import { Threads } from '../../src/runtime/threads.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';

let heap: Heap;
let threads: Threads;
let workers: HostWorker[];
let memory: WebAssembly.Memory;
let product: CompiledFamily;
let sparse: CompiledFamily;

beforeEach(async () => {
  const limits = createMemory(64 * 2 ** 20);
  memory = limits.memory;
  heap = new Heap(await instantiateTfjs(await unpack(base64), limits), limits);
  workers = [startWorker(), startWorker()];
  threads = new Threads(memory, heap, workers);
  [product, sparse] = await Promise.all([loadFamily('product', 'simd'), loadFamily('sparse', 'simd')]);
});
afterEach(() => threads.stop());

function add({ module, kernels: names }: CompiledFamily): Kernels {
  const kernels = new Kernels(heap, threads, 'simd');
  kernels.add(names, threads.add(new WebAssembly.Instance(module, { env: { memory } }), names));
  return kernels;
}

/** A product of matrices of ones, of a size that is shared out. */
function productIsRight(kernels: Kernels): boolean {
  const size = 200;
  const block = heap.allocate(3 * size * size * 4);
  const [a, b, c] = [block, block + size * size * 4, block + 2 * size * size * 4] as const;
  heap.floats.fill(1, a / 4, c / 4).fill(Number.NaN, c / 4, c / 4 + size * size);
  gemm(kernels, { a, b, c, m: size, n: size, k: size });
  const right = heap.floats.subarray(c / 4, c / 4 + size * size).every((value) => value === size);
  heap.release(block, 3 * size * size * 4);
  return right;
}

it('run kernels before they start, and after', async () => {
  const kernels = add(product);
  expect(productIsRight(kernels)).toBe(true);
  await threads.start([product]);
  expect(productIsRight(kernels)).toBe(true);
});

it('take families that are added at once, and run kernels in the meantime', async () => {
  const first = add(product);
  await threads.start([product]);
  add(sparse);
  const second = threads.share(sparse);
  const again = add(product);
  const third = threads.share(product);
  expect([first, again].map(productIsRight)).toEqual([true, true]);
  await second;
  expect([first, again].map(productIsRight)).toEqual([true, true]);
  await third;
  for (let i = 0; i < 50; i++) expect([first, again].map(productIsRight)).toEqual([true, true]);
});

it('refuse a family when a worker was lost, and do not wait for it', async () => {
  add(product);
  await threads.start([product]);
  await workers[0]?.terminate();
  add(sparse);
  await expect(threads.share(sparse)).rejects.toThrow(WorkerLostError);
});

it('refuse a family when a worker is lost while it is being shared', async () => {
  add(product);
  await threads.start([product]);
  add(sparse);
  const [shared] = await Promise.allSettled([threads.share(sparse), workers[0]?.terminate()]);
  // The worker may have answered before its end.
  if (shared.status === 'rejected') expect(shared.reason).toBeInstanceOf(WorkerLostError);
  await expect(threads.share(sparse)).rejects.toThrow(WorkerLostError);
});

it('are done with a call that fails on the calling thread before it says so', async () => {
  const kernels = add(product);
  await threads.start([product]);
  const [m, n, k, batch] = [128, 2048, 128, 6];
  const bytes = 4 * (k * n + batch * m * n);
  const b = heap.allocate(bytes);
  const c = b + 4 * k * n;
  const results = heap.floats.subarray(c / 4, c / 4 + batch * m * n);
  let failed = 0;
  for (let i = 0; i < 200 && failed < 3; i++) {
    results.fill(0.5);
    try {
      // The first matrix lies beyond the memory, the others at its beginning.
      gemm(kernels, { a: -4, b, c, m, n, k, batch, strideA: m * k, strideB: 0 });
    } catch (error) {
      // Else it was a worker that took the first.
      if (!(error instanceof WebAssembly.RuntimeError)) continue;
      failed++;
      const left = results.slice();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(results.every((value, at) => Object.is(value, left[at]))).toBe(true);
    }
  }
  expect(failed).toBeGreaterThan(0);
  heap.release(b, bytes);
  expect(productIsRight(kernels)).toBe(true);
});

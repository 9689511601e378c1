/**
 * What this machine's silicon can do: candidates that run beside the kernels, on the same threads and in the same rounds, so that they
 * meet the same clock and the same neighbours.
 */
import type { Candidate } from '@x-tooling/bench';
import { compileFamily } from '@x-tooling/kernels/compile';
import { compileKernels, type Tier } from '../src/runtime/tier.ts';
import { kernels, use } from './backend.ts';

/** Vectors of accumulators: enough to hide the latency of a multiply-add, few enough to stay in registers, as 128-bit ones or in pairs. */
const ACCUMULATORS: Record<Tier, number> = { simd: 12, relaxed: 12, wide: 24 };
const STEPS = 512;
const LINES = 4096;

function each(count: number, body: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => body(index)).join('\n');
}

/** A work item is STEPS times a multiply-add to each accumulator. */
function chain(count: number): string {
  return `
export function limit_peak(p: usize, begin: i32, end: i32, scratch: usize): void {
  // Zeros, which the compiler can't know, so that no value becomes one that takes longer.
  const x = v128.load(p);
  const y = v128.load(p, 16);
${each(count, (i) => `  let c${i} = f32x4.splat(${i + 1});`)}
  for (let i = begin * ${STEPS}; i < end * ${STEPS}; i++) {
${each(count, (i) => `    c${i} = f32x4.relaxed_madd(c${i}, ${i % 2 ? 'y' : 'x'}, c${i});`)}
  }
${each(count, (i) => `  v128.store(scratch, c${i}, ${1024 + 16 * i});`)}
}`;
}

/** Adds up LINES cache lines a work item, from the address in the first parameter on. */
const read = `
export function limit_read(p: usize, begin: i32, end: i32, scratch: usize): void {
${each(16, (i) => `  let c${i} = f32x4.splat(0);`)}
  let at = <usize>load<u32>(p) + ((<usize>begin * ${LINES}) << 6);
  const past = <usize>load<u32>(p) + ((<usize>end * ${LINES}) << 6);
  while (at < past) {
${each(16, (i) => `    c${i} = f32x4.add(c${i}, v128.load(at, ${16 * i}));`)}
    at += 256;
  }
${each(16, (i) => `  v128.store(scratch, c${i}, ${16 * i});`)}
}`;

/** Loads the kernels below into the running backend, once. */
async function loadLimits(): Promise<void> {
  const running = kernels();
  if (running.has('limit_peak')) return;
  const { tier, threads } = running;
  // The simd tier has no fused multiply-add; the limit of the silicon is the same.
  const portable = tier === 'simd' ? 'relaxed' : tier;
  const source = chain(ACCUMULATORS[tier]) + read;
  const { wasm, kernels: names } = await compileFamily(
    '.',
    { name: 'limits', sources: ['limits.ts'], generated: { 'limits.ts': () => source } },
    portable,
  );
  const module = await compileKernels(wasm as Uint8Array<ArrayBuffer>, portable);
  running.add(names, threads.add(new WebAssembly.Instance(module, { env: { memory: threads.memory } }), names));
  await threads.share({ module, kernels: names });
}

/** As many multiply-adds as `flops` operations take, on registers alone: the most that a core, or all threads, can do. */
export function peak(flops: number, { alone = false }: { readonly alone?: boolean } = {}): Candidate {
  const run = (): void => {
    const { threads, tier } = kernels();
    const items = Math.round(flops / (STEPS * ACCUMULATORS[tier] * 8));
    const at = threads.parameters();
    threads.floats.fill(0, at, at + 8);
    threads.run(kernels().number('limit_peak'), items, 1);
  };
  return limit(run, alone);
}

/** Reads as many bytes, again and again the same: what the cache they fit into, or memory, can feed. */
export function reading(bytes: number, { alone = false }: { readonly alone?: boolean } = {}): Candidate {
  let at: number;
  const { setup, run } = limit(() => {
    const { threads } = kernels();
    threads.words[threads.parameters()] = at;
    threads.run(kernels().number('limit_read'), Math.ceil(bytes / (64 * LINES)), 1);
  }, alone);
  const size = Math.ceil(bytes / (64 * LINES)) * 64 * LINES;
  return {
    setup: async () => {
      await setup!();
      const { heap } = kernels();
      at = heap.allocate(size);
      // Memory that was never written is one page of zeros, which the fastest cache holds.
      heap.floats.fill(1, at / 4, (at + size) / 4);
    },
    run,
    teardown: () => kernels().heap.release(at, size),
  };
}

function limit(run: () => void, alone: boolean): Candidate {
  return {
    setup: async () => {
      use('x');
      await loadLimits();
    },
    run: () => {
      use('x');
      if (alone) kernels().threads.alone(run);
      else run();
    },
  };
}

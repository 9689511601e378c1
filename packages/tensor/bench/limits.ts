/** What this machine's silicon can do, measured: the scale on which the kernels are shown. */
import { compileFamily } from '@x-tooling/kernels/compile';
import { compileKernels, type Tier } from '../src/runtime/tier.ts';

export interface Limits {
  /** Most multiply-adds one core does with 128-bit vectors, FLOP/s. */
  readonly peak128: number;
  /** The same with 256-bit vectors: twice as many, because a core issues as many of them a cycle. */
  readonly peak256: number;
  /** What one core reads of 16 MiB again and again, bytes/s. */
  readonly bandwidth: number;
}

const ACCUMULATORS = 12;
const ROUNDS = 4096;

/** Independent multiply-adds on registers, enough of them to hide their latency. */
function chain(): string {
  const each = (body: (index: number) => string): string => Array.from({ length: ACCUMULATORS }, (_, index) => body(index)).join('\n');
  return `
export function peak(p: usize, begin: i32, end: i32, scratch: usize): void {
  const x = v128.load(p);
${each((i) => `  let c${i} = f32x4.splat(0);`)}
  for (let i = begin; i < end; i++) {
${each((i) => `    c${i} = f32x4.relaxed_madd(c${i}, x, x);`)}
  }
${each((i) => `  v128.store(p, c${i}, ${64 + 16 * i});`)}
}`;
}

/** Adds up 16 MiB, eight vectors at a time: as fast as one core can read what the cache or memory holds. */
const read = `
export function read(p: usize, begin: i32, end: i32, scratch: usize): void {
${lanes((i) => `  let c${i} = f32x4.splat(0);`, 16)}
  let at = p + ((<usize>begin) << 8);
  const past = p + ((<usize>end) << 8);
  while (at < past) {
${lanes((i) => `    c${i} = f32x4.add(c${i}, v128.load(at, ${16 * i}));`, 16)}
    at += 256;
  }
${lanes((i) => `  v128.store(scratch, c${i}, ${16 * i});`, 16)}
}`;
const READ_BYTES = 2048 * 2048 * 4;

function lanes(body: (index: number) => string, count: number): string {
  return Array.from({ length: count }, (_, index) => body(index)).join('\n');
}

type Run = (p: number, begin: number, end: number, scratch: number) => void;

async function compile(name: string, source: string, tier: Tier): Promise<Run> {
  const { wasm } = await compileFamily('.', { name, sources: [`${name}.ts`], generated: { [`${name}.ts`]: () => source } }, 'relaxed');
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
  const module = compileKernels(wasm as Uint8Array<ArrayBuffer>, tier);
  return new WebAssembly.Instance(module, { env: { memory } }).exports[name] as Run;
}

function best(run: () => void): number {
  let least = Infinity;
  for (const until = performance.now() + 400; performance.now() < until;) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least / 1000;
}

export async function measureLimits(): Promise<Limits> {
  const peak = await compile('peak', chain(), 'relaxed');
  const peak128 = (ROUNDS * ACCUMULATORS * 8) / best(() => peak(1024, 0, ROUNDS, 0));
  const reader = await compile('read', read, 'relaxed');
  const bandwidth = READ_BYTES / best(() => reader(65536, 0, READ_BYTES / 256, 1024));
  return { peak128, peak256: 2 * peak128, bandwidth };
}

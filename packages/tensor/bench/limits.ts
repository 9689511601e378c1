/** What this machine's silicon can do, measured: the scale on which the kernels are shown. */
import { compileFamily } from '@x-tooling/kernels/compile';
import { compileKernels } from '../src/runtime/tier.ts';

export interface Limits {
  /** Most multiply-adds one core does with 128-bit vectors, GFLOP/s. */
  readonly peak128: number;
  /** The same with 256-bit vectors: twice as many, because a core issues as many of them a cycle. */
  readonly peak256: number;
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

export async function measureLimits(): Promise<Limits> {
  const family = { name: 'peak', sources: ['peak.ts'], generated: { 'peak.ts': chain } };
  const { wasm } = await compileFamily('.', family, 'relaxed');
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const module = compileKernels(wasm as Uint8Array<ArrayBuffer>, 'relaxed');
  const { peak } = new WebAssembly.Instance(module, { env: { memory } }).exports as { peak(p: number, begin: number, end: number, scratch: number): void };
  let peak128 = 0;
  for (const until = performance.now() + 400; performance.now() < until; ) {
    const start = performance.now();
    peak(1024, 0, ROUNDS, 0);
    peak128 = Math.max(peak128, (ROUNDS * ACCUMULATORS * 8) / (performance.now() - start) / 1e6);
  }
  return { peak128, peak256: 2 * peak128 };
}

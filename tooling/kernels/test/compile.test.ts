import { expect, test } from 'vitest';
import { compileFamily } from '../src/compile.ts';
import { deflateRawSync } from 'node:zlib';
import { kernelModule } from '../src/module.ts';

const family = (source: string) => ({ name: 'probe', sources: ['probe.ts'], generated: { 'probe.ts': () => source } });
const kernel = (body: string): string => `export function f32_probe(p: usize, begin: i32, end: i32, scratch: usize): void { ${body} }`;

test('a family becomes a module that imports only the shared memory, and whose kernels run', async () => {
  const { wasm, kernels } = await compileFamily(
    '.',
    family(kernel('for (let i = begin; i < end; i++) store<i32>(p + (<usize>i << 2), i * 2);')),
    'simd',
  );
  expect(kernels).toEqual(['f32_probe']);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const { f32_probe } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>), { env: { memory } }).exports;
  (f32_probe as (...args: number[]) => void)(64, 0, 4, 0);
  expect([...new Int32Array(memory.buffer, 64, 5)]).toEqual([0, 2, 4, 6, 0]);
});

test('the tier decides between a fused and a separate multiply-add', async () => {
  const source = `import { madd } from './madd';\n${kernel('v128.store(p, madd(v128.load(p), v128.load(p), v128.load(p)));')}`;
  const madd =
    'export function madd(a: v128, b: v128, c: v128): v128 { if (RELAXED) return f32x4.relaxed_madd(a, b, c); return f32x4.add(f32x4.mul(a, b), c); }';
  const both = { name: 'probe', sources: ['probe.ts'], generated: { 'probe.ts': () => source, 'madd.ts': () => madd } };
  const [simd, relaxed] = await Promise.all(['simd', 'relaxed'].map((tier) => compileFamily('.', both, tier)));
  expect(simd!.wasm).not.toEqual(relaxed!.wasm);
});

test('a kernel that does not compile, or that needs a runtime, is refused by name', async () => {
  await expect(compileFamily('.', family(kernel('undefinedName();')), 'wide')).rejects.toThrow(
    /probe \(wide\) does not compile:[^]*Cannot find name 'undefinedName'/,
  );
  await expect(compileFamily('.', family(kernel(`trace("x");`)), 'simd')).rejects.toThrow(
    'Kernel family probe imports env.trace; a kernel may import only the memory',
  );
});

test('the JavaScript module carries the bytes, deflated', async () => {
  const text = kernelModule(deflateRawSync(new Uint8Array(1000)), ['f32_probe']);
  expect(text.length).toBeLessThan(300);
  const { base64, kernels } = (await import(
    `data:text/javascript,${encodeURIComponent(text.replace(/: readonly string\[\]|: string/g, ''))}`
  )) as { base64: string; kernels: string[] };
  const stream = new Blob([Buffer.from(base64, 'base64')]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(new Uint8Array(1000));
  expect(kernels).toEqual(['f32_probe']);
});

import { createMemory, type HeapLimits } from '../../src/runtime/memory.ts';
import { ModuleAllocator } from '../../src/runtime/module-allocator.ts';
import { unpack } from '../../src/runtime/unpack.ts';
import { instantiateTfjs, type TfjsModule } from '../../src/runtime/tfjs-module.ts';
import { base64 } from '../../src/generated/tfjs-wasm.js';
import { beforeEach, describe, expect, it } from 'vitest';

const MIB = 2 ** 20;

let limits: HeapLimits;
let module: TfjsModule;
let allocator: ModuleAllocator;
beforeEach(async () => {
  limits = createMemory(2 ** 32);
  module = await instantiateTfjs(await unpack(base64), limits);
  allocator = new ModuleAllocator(module, limits);
});

/** Takes all memory in blocks of one size; returns their addresses. */
function fill(bytes: number): number[] {
  const blocks: number[] = [];
  for (;;) {
    const block = allocator.allocate(bytes);
    if (block === 0) return blocks;
    blocks.push(block);
  }
}

it("the module's own allocator hands out memory beyond the end, which is why it is watched", () => {
  const blocks = fill(200 * MIB);
  const last = blocks.pop() as number;
  module._free(last);
  const beyond = module._malloc(400 * MIB);
  expect(beyond + 400 * MIB).toBeGreaterThan(limits.memory.buffer.byteLength);
});

describe('a block', () => {
  it.each([1, 100, 127, 128, 200, 1000])('of %d MiB never ends beyond the memory, when any two neighbours are free', (mib) => {
    for (const unit of [30, 90, 130, 500]) {
      const blocks = fill(unit * MIB);
      for (let i = 0; i + 1 < blocks.length; i += 2) {
        for (const address of blocks.slice(i, i + 2)) allocator.free(address);
        const block = allocator.allocate(mib * MIB);
        if (mib + 16 <= 2 * unit) expect(block).toBeGreaterThan(0);
        expect(block + mib * MIB).toBeLessThanOrEqual(limits.memory.buffer.byteLength);
        if (block > 0) allocator.free(block);
        for (const again of [0, 1]) blocks[i + again] = allocator.allocate(unit * MIB);
        expect(blocks[i + 1]).toBeGreaterThan(0);
      }
      for (const address of blocks) allocator.free(address);
    }
  });

  it('of pieces can be written from end to end, and the allocator is whole afterwards', () => {
    const rest = allocator.allocate(1.5 * 1024 * MIB);
    // Grown to its end, the memory has the free regions that the allocator misjudges.
    for (const address of fill(100 * MIB)) allocator.free(address);
    const size = 2000 * MIB;
    const block = allocator.allocate(size);
    expect(block).toBeGreaterThan(0);
    const bytes = new Uint8Array(limits.memory.buffer);
    for (let at = 0; at < size; at += 16 * MIB) bytes.fill(0xff, block + at - (at > 0 ? 4096 : 0), block + at + 4096);
    expect(allocator.allocate(size)).toBe(0);
    allocator.free(block);
    const again = fill(100 * MIB);
    expect(again.length).toBeGreaterThanOrEqual(24);
    for (const address of [...again, rest]) allocator.free(address);
    expect(allocator.allocate(3900 * MIB)).toBeGreaterThan(0);
  });
});

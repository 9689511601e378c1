import { expect, test } from 'vitest';
import { kernels as names } from '../../src/generated/product-relaxed.ts';
import { selfTest } from '../../src/runtime/self-test.ts';
import { inEveryCombination } from '../kernels/combinations.ts';

inEveryCombination((kernels) => {
  test('the kernels pass the self-test', () => {
    expect(selfTest(kernels())).toBe(true);
  });

  test.for([...names, 'f32_softmax'])('the self-test finds that %s does nothing', (name) => {
    const { threads, heap } = kernels();
    // What an earlier test left in a block that is used again must not pass for a result.
    for (let bytes = 64; bytes <= 8192; bytes += 64) {
      const block = heap.allocate(bytes);
      heap.floats.fill(NaN, block / 4, (block + bytes) / 4);
      heap.release(block, bytes);
    }
    const broken = kernels().number(name);
    const run = threads.run.bind(threads);
    threads.run = (kernel, items, grain) => {
      if (kernel !== broken) run(kernel, items, grain);
    };
    try {
      expect(selfTest(kernels())).toBe(false);
    } finally {
      threads.run = run;
    }
  });
});

import { expect, test } from 'vitest';
import { random } from '../../src/index.ts';
import { dropout } from '../../src/kernels/dropout.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats } from './values.ts';

const counts = [0, 1, 31, 32, 33, 4096, 4099, 50_001];

inEveryCombination((kernels) => {
  test.for([0, 0.1, 0.5, 0.999])('drops a part of %d where the words of the stream say, and scales the rest: bit for bit', (rate) => {
    const key = random.key(2 ** 40 + 17);
    const threshold = Math.ceil(rate * 2 ** 32);
    const scale = Math.fround(1 / (1 - rate));
    for (const count of counts) {
      const x = floats(count, 3);
      const words = random.bits(key, count);
      const expected = x.map((value, i) => (words[i]! < threshold ? 0 : Math.fround(value * scale)));
      const blocks = new Blocks(kernels());
      const to = blocks.place(new Float32Array(count).fill(NaN));
      dropout(kernels(), { x: blocks.place(x), to, count, key: [key.words[0], key.words[1]], threshold, scale });
      expect([...blocks.read(to, new Float32Array(count))]).toEqual([...expected]);
      blocks.release();
    }
  });
});

import { expect, test } from 'vitest';
import { attention, attentionGradient, keptFactor, type AttentionMask, type Heads } from '../../src/kernels/attention.ts';
import { referenceAttention, type ReferenceAttention } from '../../src/kernels/reference/attention.ts';
import { philox } from '../../src/random/philox.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats, random } from './values.ts';

/** Heads of an example, queries, keys, depth, depth of the values; there are two examples. */
const sizes = [
  [1, 1, 1, 1, 1],
  [2, 0, 3, 4, 4],
  [1, 3, 0, 4, 4],
  [1, 3, 5, 0, 4],
  [1, 3, 5, 4, 0],
  [2, 5, 7, 3, 6],
  [1, 16, 16, 16, 16],
  [1, 17, 130, 33, 20],
  [1, 140, 35, 8, 17],
  [3, 60, 61, 12, 12],
  [1, 150, 290, 64, 64],
  [1, 20, 24, 300, 310],
] as const;

/** Strides of a mask of [examples, heads, queries, keys], 0 where all share it. */
const masks = {
  none: undefined,
  whole: (h: number, q: number, k: number) => [h * q * k, q * k, k, 1],
  'of keys': (_: number, __: number, k: number) => [k, 0, 0, 1],
  'of queries': (_: number, q: number) => [0, q, 1, 0],
} as const;

/** Dropout of 30 % by a key: what the probability of a head's query and key is multiplied by. */
const dropout = { key: [5, 7], threshold: Math.round(0.3 * 2 ** 16) } as const;
function kept(head: number, query: number, key: number): number {
  const words = new Uint32Array(4);
  philox(words, dropout.key, [Math.floor(key / 8), query, head, 0]);
  const number = key % 8 < 4 ? words[key % 4]! % 2 ** 16 : Math.floor(words[key % 4]! / 2 ** 16);
  return number < dropout.threshold ? 0 : keptFactor(dropout.threshold);
}

/** Kinds of an attention: masks, and without one dropout. */
const kinds = [
  ...Object.entries(masks).map(([name, stridesOf]) => ({ name, stridesOf, drops: false })),
  { name: 'dropout', stridesOf: undefined, drops: true },
];

// Scores are around 1, rounded to 2^-24 of the sizes of their products; softmax and the products that follow take that on.
const tolerance = { rtol: 4e-5, atol: 4e-5 };

/** The slow twin's results, which are the same in every combination. */
const known = new Map<string, ReferenceAttention>();
function once(name: string, compute: () => ReferenceAttention): ReferenceAttention {
  const found = known.get(name) ?? compute();
  known.set(name, found);
  return found;
}

inEveryCombination((kernels) => {
  test.for(sizes)('attention and its gradients, %i heads, %i queries, %i keys, depths %i and %i: within 4e-5', (size) => {
    const [headsOfExample, queries, keys, depth, valueDepth] = size;
    const heads = 2 * headsOfExample;
    for (const causal of [false, true]) {
      for (const { name, stridesOf, drops } of kinds) {
        const [ofExample = 0, ofHead = 0, ofQuery = 0, ofKey = 0] = stridesOf?.(headsOfExample, queries, keys) ?? [];
        const [q, k, v, dout] = [
          floats(heads * queries * depth, 1, { scale: 1 }),
          floats(heads * keys * depth, 2, { scale: 1 }),
          floats(heads * keys * valueDepth, 3, { scale: 1 }),
          floats(heads * queries * valueDepth, 4, { scale: 1 }),
        ] as const;
        const next = random(9);
        const length = stridesOf ? 2 * headsOfExample * Math.max(1, queries) * Math.max(1, keys) : 0;
        const added = Float32Array.from({ length }, () => (next() < 0.3 ? -Infinity : next()));
        const scale = 1 / Math.sqrt(Math.max(1, depth));
        const plain = { heads, headsOfExample, queries, keys, depth, valueDepth, scale, causal };
        const what = `${size.join()} ${name}${causal ? ', causal' : ''}`;
        const expected = once(what, () =>
          referenceAttention(
            plain,
            q,
            k,
            v,
            dout,
            (head, query, key) =>
              stridesOf
                ? added[Math.floor(head / headsOfExample) * ofExample + (head % headsOfExample) * ofHead + query * ofQuery + key * ofKey]!
                : 0,
            drops ? kept : undefined,
          ),
        );
        const blocks = new Blocks(kernels());
        const empty = (array: ArrayLike<number>): number => blocks.place(new Float32Array(array.length).fill(NaN));
        const mask: AttentionMask | undefined = stridesOf && { address: blocks.place(added), ofExample, ofHead, ofQuery, ofKey };
        const inOrder = (address: number, length: number, width: number): Heads => ({
          address,
          ofExample: headsOfExample * length * width,
          ofHead: length * width,
          ofRow: width,
        });
        const operands = {
          q: inOrder(blocks.place(q), queries, depth),
          k: inOrder(blocks.place(k), keys, depth),
          v: inOrder(blocks.place(v), keys, valueDepth),
        };
        const call = { ...plain, ...operands, mask, dropout: drops ? dropout : undefined };
        const [out, logSums] = [empty(expected.out), empty(expected.logSums)];
        attention(kernels(), { ...call, to: inOrder(out, queries, valueDepth), logSums });
        const [dq, dk, dv] = [empty(expected.dq), empty(expected.dk), empty(expected.dv)];
        attentionGradient(kernels(), { ...call, out, logSums, dout: inOrder(blocks.place(dout), queries, valueDepth), dq, dk, dv });
        for (const [array, address] of Object.entries({ out, logSums, dq, dk, dv })) {
          const exact = expected[array as keyof typeof expected];
          const given = blocks.read(address, new Float32Array(exact.length));
          try {
            expect(given).toBeAllclose(exact, tolerance);
          } catch (error) {
            throw new Error(`${what}, ${array}: ${(error as Error).message}`, { cause: error });
          }
        }
        blocks.release();
      }
    }
  });
});

import type { Tier } from '../table.ts';

/** Vectors of 128 bits that make one of the tier's, and examples of the tiles: 8 accumulators in the tier's registers. */
const lanes: Record<Tier, 1 | 2> = { simd: 1, relaxed: 1, wide: 2 };

/**
 * Writes the register tiles of the products with blocks of non-zeros for a tier, unrolled.
 *
 * `rows4` and `rows1` walk the blocks of a block row and add weights times inputs to accumulators, for four of its rows
 * and two vectors of examples, or one row and eight. `dots4x2`, `dots4x1` and `dots1x1` are products of runs of examples.
 */
export function bsrTile(tier: Tier): string {
  const n = lanes[tier];
  return [
    `import { madd } from '../simd/madd';`,
    `/** Examples of the tiles of four rows and of one. */`,
    `export const FOUR_TILE: i32 = ${8 * n};`,
    `export const ONE_TILE: i32 = ${32 * n};`,
    rows('rows4', 4, 2 * n),
    rows('rows4x8', 4, 2),
    rows('rows1', 1, 8 * n),
    rows('rows1x8', 1, 2),
    dots('dots4x2', 4, 2, n),
    dots('dots4x1', 4, 1, n),
    dots('dots1x1', 1, 1, n),
  ].join('\n');
}

function rows(name: string, height: number, vectors: number): string {
  const each = (body: (r: number, v: number) => string): string =>
    Array.from({ length: height * vectors }, (_, i) => body(Math.floor(i / vectors), i % vectors)).join('\n');
  const across = (body: (v: number) => string): string => Array.from({ length: vectors }, (_, v) => body(v)).join('\n');
  return `
/** Blocks \`first\` to \`past\`; their values are \`size\` bytes a block, \`down\` from row to row and \`along\` from column to column. */
export function ${name}(indices: usize, order: usize, first: i32, past: i32, values: usize, size: usize, down: usize, along: usize, width: i32, x: usize, bytes: usize, to: usize): void {
${each((r, v) => `  let c${r}_${v} = v128.load(to + ${r} * bytes, ${16 * v});`)}
  for (let b = first; b < past; b++) {
    const at = <usize>b << 2;
    let w = values + size * (order != 0 ? <usize>load<u32>(order + at) : <usize>b);
    let from = x + <usize>(load<i32>(indices + at) * width) * bytes;
    for (const end = from + <usize>width * bytes; from < end; from += bytes) {
${across((v) => `      const x${v} = v128.load(from, ${16 * v});`)}
${Array.from({ length: height }, (_, r) => `      const w${r} = v128.load32_splat(w + ${r} * down);\n${across((v) => `      c${r}_${v} = madd(x${v}, w${r}, c${r}_${v});`)}`).join('\n')}
      w += along;
    }
  }
${each((r, v) => `  v128.store(to + ${r} * bytes, c${r}_${v}, ${16 * v});`)}
}`;
}

function dots(name: string, height: number, width: number, n: number): string {
  const pairs = Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width] as const);
  const vectors = Array.from({ length: n }, (_, v) => v);
  const lines = (body: (i: number, j: number, v: number) => string): string =>
    pairs.map(([i, j]) => vectors.map((v) => body(i, j, v)).join('\n')).join('\n');
  const number = (i: number, j: number): number => i * width + j;
  return `
/**
 * Products of ${height} and ${width} runs of examples, each given as \`blocks\` pieces of \`bytes\` that are \`nextA\` or \`nextB\` apart:
 * at \`sums\` the sums of ${4 * n} lanes each, 32 bytes a product.
 */
export function ${name}(a: usize, b: usize, bytes: usize, blocks: i32, nextA: usize, nextB: usize, sums: usize): void {
${lines((i, j, v) => `  let c${i}_${j}_${v} = f32x4.splat(0);`)}
  for (; blocks > 0; blocks--) {
    let beside = b;
    for (let at = a; at < a + bytes; at += ${16 * n}) {
${Array.from({ length: width }, (_, j) => vectors.map((v) => `      const b${j}_${v} = v128.load(beside + ${j} * bytes, ${16 * v});`).join('\n')).join('\n')}
${Array.from({ length: height }, (_, i) =>
  [
    ...vectors.map((v) => `      const a${i}_${v} = v128.load(at + ${i} * bytes, ${16 * v});`),
    ...Array.from({ length: width }, (_, j) =>
      vectors.map((v) => `      c${i}_${j}_${v} = madd(a${i}_${v}, b${j}_${v}, c${i}_${j}_${v});`).join('\n'),
    ),
  ].join('\n'),
).join('\n')}
      beside += ${16 * n};
    }
    a += nextA;
    b += nextB;
  }
${lines((i, j, v) => `  v128.store(sums, c${i}_${j}_${v}, ${32 * number(i, j) + 16 * v});`)}
${n === 1 ? pairs.map(([i, j]) => `  v128.store(sums, f32x4.splat(0), ${32 * number(i, j) + 16});`).join('\n') : ''}
}`;
}

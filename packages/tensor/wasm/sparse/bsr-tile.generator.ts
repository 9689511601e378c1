import type { Tier } from '../table.ts';

/** Vectors of 128 bits that make one of the tier's. */
const lanes: Record<Tier, 1 | 2> = { simd: 1, relaxed: 1, wide: 2 };

/**
 * Writes the register tiles of the products with blocks of non-zeros for a tier, unrolled: 8 accumulators each in the tier's registers.
 *
 * `rows4` and `rows1` add a list of features times their weights to four rows of a batch, or to one. `dots4` and `dots1` are the
 * products of four runs of examples, or of one, with those of a list of features.
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
    dots('dots4', 4, n),
    dots('dots1', 1, n),
  ].join('\n');
}

function join(count: number, body: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => body(i)).join('\n');
}

/** The loop over the list isn't unrolled: more than one of these bodies is more than V8 joins into 256-bit operations. */
function rows(name: string, height: number, vectors: number): string {
  const each = (body: (r: number, v: number) => string): string =>
    join(height * vectors, (i) => body(Math.floor(i / vectors), i % vectors));
  const named = height > 1;
  return `
/** For the features listed from \`list\` to \`past\`, of ${height} weights each one after another; x and to begin at the tile's first example. */
export function ${name}(list: usize, past: usize, weights: usize, x: usize, bytes: usize, to: usize): void {
${each((r, v) => `  let c${r}_${v} = v128.load(to + ${r} * bytes, ${16 * v});`)}
  for (; list < past; list += 4) {
    const at = x + <usize>load<u32>(list) * bytes;
${named ? join(vectors, (v) => `    const x${v} = v128.load(at, ${16 * v});`) : ''}
${join(height, (r) => `    const w${r} = v128.load32_splat(weights, ${4 * r});\n${join(vectors, (v) => `    c${r}_${v} = madd(${named ? `x${v}` : `v128.load(at, ${16 * v})`}, w${r}, c${r}_${v});`)}`)}
    weights += ${4 * height};
  }
${each((r, v) => `  v128.store(to + ${r} * bytes, c${r}_${v}, ${16 * v});`)}
}`;
}

function dots(name: string, height: number, n: number): string {
  const each = (body: (i: number, j: number, v: number) => string): string =>
    join(2 * height * n, (k) => body(Math.floor(k / (2 * n)), Math.floor(k / n) % 2, k % n));
  const step = (offset: number): string => `{
${join(2 * n, (k) => `        const b${Math.floor(k / n)}_${k % n} = v128.load(b${Math.floor(k / n)}, ${offset + 16 * (k % n)});`)}
${join(height, (i) => `${join(n, (v) => `        const a${i}_${v} = v128.load(at${i > 0 ? ` + ${i} * bytes` : ''}, ${offset + 16 * v});`)}\n${join(2 * n, (k) => `        c${i}_${Math.floor(k / n)}_${k % n} = madd(a${i}_${k % n}, b${Math.floor(k / n)}_${k % n}, c${i}_${Math.floor(k / n)}_${k % n});`)}`)}
      }`;
  return `
/**
 * Products of ${height} runs at \`a\` with those of the features listed from \`list\` to \`past\`, an even number, where a run is \`blocks\` pieces
 * of \`bytes\` that are \`nextA\` or \`nextB\` apart: at \`sums\` 32 bytes a feature, two vectors whose sum is ${height > 1 ? 'the products' : "that of the product's lanes"}.
 */
export function ${name}(list: usize, past: usize, a: usize, b: usize, bytes: usize, blocks: i32, nextA: usize, nextB: usize, sums: usize): void {
  for (; list < past; list += 8) {
    const to0 = b + <usize>load<u32>(list) * bytes;
    const to1 = b + <usize>load<u32>(list, 4) * bytes;
    let from = a;
    let beyond: usize = 0;
${each((i, j, v) => `    let c${i}_${j}_${v} = f32x4.splat(0);`)}
    for (let block = blocks; block > 0; block--) {
      let b0 = to0 + beyond;
      let b1 = to1 + beyond;
      let at = from;
      for (const end = from + (bytes & -${32 * n}); at < end; at += ${32 * n}) {
      ${step(0)}
      ${step(16 * n)}
        b0 += ${32 * n};
        b1 += ${32 * n};
      }
${n > 1 ? `      if (at < from + bytes) ${step(0)}` : ''}
      from += nextA;
      beyond += nextB;
    }
${height === 4 ? [0, 1].map((j) => total(j, n)).join('\n') : ''}
${join(2 * n, (k) => `    v128.store(sums, ${height === 4 ? 't' : 'c0_'}${Math.floor(k / n)}_${k % n}, ${32 * Math.floor(k / n) + 16 * (k % n)});`)}
${n === 1 ? '    v128.store(sums, f32x4.splat(0), 16);\n    v128.store(sums, f32x4.splat(0), 48);' : ''}
    sums += 64;
  }
}`;
}

/** The sums of lanes of column `j`'s four accumulators, those of each of their vectors as one. */
function total(j: number, n: number): string {
  const pair = (name: string, first: string, second: string, by: string, low: string, high: string): string =>
    join(n, (v) => `    const ${name}${j}_${v} = f32x4.add(${by}.shuffle(${first}_${v}, ${second}_${v}, ${low}), ${by}.shuffle(${first}_${v}, ${second}_${v}, ${high}));`);
  return [
    pair('l', `c0_${j}`, `c1_${j}`, 'i32x4', '0, 4, 1, 5', '2, 6, 3, 7'),
    pair('h', `c2_${j}`, `c3_${j}`, 'i32x4', '0, 4, 1, 5', '2, 6, 3, 7'),
    pair('t', `l${j}`, `h${j}`, 'i64x2', '0, 2', '1, 3'),
  ].join('\n');
}

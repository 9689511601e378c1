import type { Tier } from '../table.ts';

/** Vectors of 128 bits of the gradient tile: half of the tier's registers hold a run of the output's gradient. */
const vectors: Record<Tier, number> = { simd: 8, relaxed: 8, wide: 16 };

/**
 * Writes the inner loops of both gradients of a sparse product row by row, unrolled: a row's run of D stays in registers, and for each
 * non-zero the run of X that it names is multiplied with it, to 8 partial sums, and the run of dX is added to.
 */
export function nmTile(tier: Tier): string {
  const wide = vectors[tier];
  return [
    `import { madd } from '../simd/madd';`,
    `/** Examples of the tile. */`,
    `export const NM_TILE: i32 = ${wide * 4};`,
    tile('gradientsFirst', wide, true),
    tile('gradientsNext', wide, false),
    tile('gradientsOfEightFirst', 2, true),
    tile('gradientsOfEightNext', 2, false),
  ].join('\n');
}

function tile(name: string, count: number, first: boolean): string {
  const each = (body: (i: number) => string): string => Array.from({ length: count }, (_, i) => body(i)).join('\n');
  // What is read of dX comes before what is written, or the engine doesn't join two 128-bit operations into one.
  const pairs = (body: (i: number) => string): string => Array.from({ length: count / 2 }, (_, i) => body(2 * i)).join('\n');
  const product = (i: number): string => `v128.load(at, ${16 * i})`;
  return `
/** For the non-zeros listed from \`indices\` to \`past\`; d, x and dx begin at the tile's first example. */
export function ${name}(indices: usize, past: usize, weights: usize, sums: usize, d: usize, bytes: usize, x: usize, dx: usize): void {
${each((i) => `  const d${i} = v128.load(d, ${16 * i});`)}
  for (; indices < past; indices += 4) {
    const offset = <usize>load<u32>(indices) * bytes;
    const at = x + offset;
    const to = dx + offset;
    const w = v128.load32_splat(weights);
    let p0 = ${first ? `f32x4.mul(${product(0)}, d0)` : `madd(${product(0)}, d0, v128.load(sums))`};
    let p1 = ${first ? `f32x4.mul(${product(1)}, d1)` : `madd(${product(1)}, d1, v128.load(sums, 16))`};
${Array.from({ length: count - 2 }, (_, i) => `    p${i % 2} = madd(${product(i + 2)}, d${i + 2}, p${i % 2});`).join('\n')}
    v128.store(sums, p0);
    v128.store(sums, p1, 16);
${pairs((i) => `    {
      const t0 = madd(d${i}, w, v128.load(to, ${16 * i}));
      const t1 = madd(d${i + 1}, w, v128.load(to, ${16 * i + 16}));
      v128.store(to, t0, ${16 * i});
      v128.store(to, t1, ${16 * i + 16});
    }`)}
    sums += 32;
    weights += 4;
  }
}`;
}

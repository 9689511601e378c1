import type { Tier } from '../table.ts';

/** Vectors of 128 bits that the backward tile holds twice beside what streams by: half of the registers are theirs. */
const vectors: Record<Tier, number> = { simd: 4, relaxed: 4, wide: 8 };

/**
 * Writes the inner loops of the sparse gradients for a tier, unrolled.
 *
 * Each non-zero streams by the run of examples that its index names, and its product with a run held in registers is
 * added, lane by lane, to 8 partial sums. The backward tiles also add the streamed run, times the non-zero's weight, to
 * a second run in registers, so that one reading of memory serves both gradients. `First` begins the partial sums,
 * `Next` goes on with them.
 */
export function streamingTile(tier: Tier): string {
  const wide = vectors[tier];
  const both = (name: string, count: number, backward: boolean): string[] => [
    tile(`${name}First`, count, backward, true),
    tile(`${name}Next`, count, backward, false),
  ];
  return [
    `import { madd } from '../simd/madd';`,
    `/** Examples of a backward tile. */`,
    `export const TILE: i32 = ${wide * 4};`,
    `/** Examples of a tile of products alone. */`,
    `export const DOT_TILE: i32 = ${wide * 8};`,
    ...both('tile', wide, true),
    ...both('eight', 2, true),
    ...both('dots', wide * 2, false),
    ...both('dotsOfEight', 2, false),
  ].join('\n');
}

function tile(name: string, count: number, backward: boolean, first: boolean): string {
  const each = (body: (i: number) => string): string => Array.from({ length: count }, (_, i) => body(i)).join('\n');
  // Without the second product what streams by is used once, and not named, so that no register is kept for it.
  const streamed = (i: number): string => (backward ? `d${i}` : `v128.load(at, ${16 * i})`);
  const begin = (k: number, i: number): string =>
    first ? `f32x4.mul(${streamed(i)}, x${i})` : `madd(${streamed(i)}, x${i}, v128.load(sums, ${32 * k + 16 * i}))`;
  const step = (k: number): string => `{
      const at = d + <usize>load<u32>(indices, ${4 * k}) * bytes;
${backward ? `      const w = v128.load32_splat(weights, ${4 * k});\n${each((i) => `      const d${i} = v128.load(at, ${16 * i});`)}\n${each((i) => `      c${i} = madd(d${i}, w, c${i});`)}` : ''}
      let p0 = ${begin(k, 0)};
      let p1 = ${begin(k, 1)};
${Array.from({ length: count - 2 }, (_, i) => `      p${i % 2} = madd(${streamed(i + 2)}, x${i + 2}, p${i % 2});`).join('\n')}
      v128.store(sums, p0, ${32 * k});
      v128.store(sums, p1, ${32 * k + 16});
    }`;
  const [parameters, arguments_] = backward ? ['weights: usize, ', ', dx: usize'] : ['', ''];
  return `
/** For the non-zeros listed from \`indices\` to \`past\`; d, x${backward ? ' and dx' : ''} begin at the tile's first example. */
export function ${name}(indices: usize, past: usize, ${parameters}sums: usize, d: usize, bytes: usize, x: usize${arguments_}): void {
${each((i) => `  const x${i} = v128.load(x, ${16 * i});`)}
${backward ? each((i) => `  let c${i} = v128.load(dx, ${16 * i});`) : ''}
  for (; indices + 8 <= past; indices += 8) {
    ${step(0)}
    ${step(1)}
    ${backward ? 'weights += 8;' : ''}
    sums += 64;
  }
  if (indices < past) ${step(0)}
${backward ? each((i) => `  v128.store(dx, c${i}, ${16 * i});`) : ''}
}`;
}

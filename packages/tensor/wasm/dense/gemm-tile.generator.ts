import type { Tier } from '../table.ts';

/** Rows and 128-bit columns of the register tile. 6x16 is 12 accumulators of 256 bits, 6x8 of 128; plain SIMD needs a register for the product. */
const shapes: Record<Tier, { rows: number; vectors: number }> = {
  simd: { rows: 5, vectors: 2 },
  relaxed: { rows: 6, vectors: 2 },
  wide: { rows: 6, vectors: 4 },
};

/**
 * Writes the matrix product's register tile for a tier, unrolled, because AssemblyScript has no arrays of registers.
 *
 * C[rows, 4 * vectors] (+)= A·B over k, with A packed `rows` values a step and B packed `4 * vectors` values a step.
 * Two heights: `tile` for most of the rows and `tileLow` (4 rows) for what is left.
 */
export function gemmTile(tier: Tier): string {
  const { rows, vectors } = shapes[tier];
  return [
    `import { madd } from '../simd/madd';`,
    `export const ROWS: i32 = ${rows};`,
    `export const COLUMNS: i32 = ${vectors * 4};`,
    tile('tile', rows, vectors),
    tile('tileLow', 4, vectors),
  ].join('\n');
}

function tile(name: string, rows: number, vectors: number): string {
  const each = (body: (i: number, j: number) => string): string =>
    Array.from({ length: rows * vectors }, (_, n) => body(Math.floor(n / vectors), n % vectors)).join('\n');
  const columns = Array.from({ length: vectors }, (_, j) => j);
  const step = Array.from({ length: rows }, (_, i) =>
    [
      `    const a${i} = v128.load32_splat(a, ${i * 4});`,
      ...columns.map((j) => `    c${i}_${j} = madd(a${i}, b${j}, c${i}_${j});`),
    ].join('\n'),
  ).join('\n');
  return `
export function ${name}(k: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
${each((i, j) => `  let c${i}_${j} = f32x4.splat(0);`)}
  const end = a + (<usize>k) * ${rows * 4};
  while (a < end) {
${columns.map((j) => `    const b${j} = v128.load(b, ${j * 16});`).join('\n')}
${step}
    a += ${rows * 4};
    b += ${vectors * 16};
  }
  if (accumulate) {
${each((i, j) => `    c${i}_${j} = f32x4.add(c${i}_${j}, v128.load(c + ${i} * stride, ${j * 16}));`)}
  }
${each((i, j) => `  v128.store(c + ${i} * stride, c${i}_${j}, ${j * 16});`)}
}`;
}

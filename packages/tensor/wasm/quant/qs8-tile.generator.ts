import type { Tier } from '../table.ts';

/**
 * Writes the register tiles of the int8 product for a tier, unrolled, because AssemblyScript has no arrays of registers.
 *
 * Weights come as the panels of src/kernels/quant/matrix-layout.ts: 64 bytes a quad, four a unit. All tiles store 32-bit sums.
 *
 * - `dot`: four products of bytes at once, of signed weights and activations that are packed a quad (4 bytes) a row.
 * - `pairs`: the same by way of 16 bits, which sums of two products have to fit into, on processors that have no instruction for all four.
 *   The engine would make the ones that add up pairs anew for each product; here they are loaded into a register.
 * - `exact`: two products of 16 bits at once, which nothing can overflow; activations are packed as 4 x 16 bits a row, and a unit has
 *   two sums, side by side, of its inputs 0, 1 and 2, 3 of each quad, which the epilogue adds.
 * - `words`: the same of weights that were widened to 16 bits beforehand, 128 bytes a quad: inputs 0, 1 of all units, then 2, 3.
 * - `halves1` and `halvesMany`: one row and all of a panel, or of STREAMS panels, whatever the weights, by the instructions of `pairs` with
 *   weights from 0 to 255 and signed activations, of which no two neighbours are more than 128 together: where they are, their halves come
 *   here and what is left to `rest`.
 *
 * Any other tile takes as much of the panel's width as fits into the registers.
 */
export function qs8Tile(tier: Tier): string {
  const vectors = tier === 'wide' ? 4 : 2;
  const bytes: [Kind, number][] = [
    ['dot', 6],
    ['dot', 4],
    ['dot', 1],
    ['pairs', 4],
  ];
  return [
    `/** Bytes of a panel's quad that a tile takes. */`,
    `export const DOT_BYTES: usize = ${vectors * 16};`,
    `export const EXACT_BYTES: usize = ${vectors * 8};`,
    ...bytes.map(([kind, rows]) => (tier === 'simd' ? stub(kind, rows) : tile(kind, rows, vectors))),
    tile('exact', 4, vectors),
    tile('exact', 1, vectors),
    words(4, vectors),
    halves(tier),
  ].join('\n');
}

type Kind = 'dot' | 'pairs' | 'exact';

function stub(kind: Kind, rows: number): string {
  return `export function ${kind}${rows}(quads: i32, a: usize, b: usize, c: usize, stride: usize): void {}`;
}

/** Two pairs a step, so that what ends a loop counts half; a third row or pair more would need more registers than there are. */
function words(rows: number, vectors: number): string {
  const list = (count: number, body: (index: number) => string): string => Array.from({ length: count }, (_, i) => body(i)).join('\n');
  const cells = (body: (row: number, vector: number) => string): string =>
    list(rows * vectors, (n) => body(Math.floor(n / vectors), n % vectors));
  const step = (half: number): string => `
${list(vectors, (j) => `    const b${half}${j} = v128.load(b, ${half * 64 + j * 16});`)}
${list(rows, (i) =>
  [
    `    const a${half}${i} = v128.load32_splat(a, ${i * 8 + half * 4});`,
    list(vectors, (j) => `    c${i}${j} = i32x4.add(c${i}${j}, i32x4.dot_i16x8_s(b${half}${j}, a${half}${i}));`),
  ].join('\n'),
)}`;
  return `
export function words${rows}(quads: i32, a: usize, b: usize, c: usize, stride: usize): void {
${cells((i, j) => `  let c${i}${j} = i32x4.splat(0);`)}
  const end = a + <usize>quads * ${rows * 8};
  while (a < end) {${step(0)}${step(1)}
    a += ${rows * 8};
    b += 128;
  }
${cells((i, j) => `  v128.store(c + ${i} * stride, c${i}${j}, ${j * 16});`)}
}`;
}

/** Panels at once, because several streams come from memory faster than one: as many as there are registers for. */
function halves(tier: Tier): string {
  const panels = tier === 'wide' ? 3 : 2;
  const arguments_ = 'a: usize, b: usize, perPanel: usize, c: usize';
  const signatures = [
    `export function halvesMany(quads: i32, ${arguments_}, first: i32): void`,
    `export function halves1(quads: i32, ${arguments_}, first: i32): void`,
    'export function rest(count: i32, a: usize, b: usize, c: usize): void',
  ];
  const count = `export const STREAMS: i32 = ${panels};\n`;
  if (tier === 'simd') return count + signatures.map((signature) => `${signature} {}`).join('\n');
  const each = (many: number, body: (panel: number, j: number) => string): string =>
    Array.from({ length: 4 * many }, (_, i) => body(i >> 2, i & 3)).join('\n');
  const patterns = `
  store<i32>(c, 0x80808080);
  store<i32>(c, 0x00010001, 4);
  const flips = v128.load32_splat(c);
  const ones = v128.load32_splat(c, 4);`;
  const add = (p: number, j: number): string =>
    `    c${p}${j} = i32x4.add(c${p}${j}, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(x, v128.xor(v128.load(b${p}, ${j * 16}), flips)), ones));`;
  const store = (p: number, j: number): string => `  v128.store(c, c${p}${j}, ${p * 64 + j * 16});`;
  const loop = (many: number): string => `${patterns}
${each(many, (p, j) => `  let c${p}${j} = i32x4.splat(first);`)}
${Array.from({ length: many }, (_, p) => `  let b${p} = b + ${p} * perPanel;`).join('\n')}
  const end = a + (<usize>quads << 2);
  while (a < end) {
    const x = v128.load32_splat(a);
${each(many, add)}
    a += 4;
${Array.from({ length: many }, (_, p) => `    b${p} += 64;`).join('\n')}
  }
${each(many, store)}`;
  return `${count}
${signatures[0]} {${loop(panels)}
}
${signatures[1]} {${loop(1)}
}
/** The same of quads listed by their places in a panel, four activations behind each. */
${signatures[2]} {
${each(1, (p, j) => `  let c${p}${j} = v128.load(c, ${j * 16});`)}${patterns}
  const end = a + (<usize>count << 3);
  while (a < end) {
    const x = v128.load32_splat(a, 4);
    const b0 = b + <usize>load<u32>(a);
${each(1, add)}
    a += 8;
  }
${each(1, store)}
}`;
}

function tile(kind: Kind, rows: number, vectors: number): string {
  // A single row would wait for its own sums, so it has two of each, for even and odd quads.
  const sets = rows === 1 ? 2 : 1;
  const bytes = kind === 'exact' ? 8 : 4;
  const list = (count: number, body: (index: number) => string): string => Array.from({ length: count }, (_, i) => body(i)).join('\n');
  const cells = (body: (row: number, vector: number) => string): string =>
    list(rows * vectors, (n) => body(Math.floor(n / vectors), n % vectors));
  const product = (sum: string, a: string, b: string): string =>
    kind === 'dot'
      ? `i32x4.relaxed_dot_i8x16_i7x16_add_s(${b}, ${a}, ${sum})`
      : `i32x4.add(${sum}, i32x4.dot_i16x8_s(${kind === 'pairs' ? `i16x8.relaxed_dot_i8x16_i7x16_s(${b}, ${a}), ones` : `${b}, ${a}`}))`;
  const step = (set: number): string => `
${list(vectors, (j) => `    const b${set}${j} = ${kind === 'exact' ? `v128.load8x8_s(b, ${set * 64 + j * 8})` : `v128.load(b, ${set * 64 + j * 16})`};`)}
${list(rows, (i) =>
  [
    `    const a${set}${i} = v128.load${bytes * 8}_splat(a, ${(set * rows + i) * bytes});`,
    ...Array.from({ length: vectors }, (_, j) => `    c${set}${i}${j} = ${product(`c${set}${i}${j}`, `a${set}${i}`, `b${set}${j}`)};`),
  ].join('\n'),
)}`;
  const loop = (count: number): string => `
  while (a < end) {${Array.from({ length: count }, (_, set) => step(set)).join('')}
    a += ${rows * bytes * count};
    b += ${64 * count};
  }`;
  return `
export function ${kind}${rows}(quads: i32, a: usize, b: usize, c: usize, stride: usize): void {${kind === 'pairs' ? '\n  store<i32>(c, 0x00010001);\n  const ones = v128.load32_splat(c);' : ''}
${list(sets, (set) => cells((i, j) => `  let c${set}${i}${j} = i32x4.splat(0);`))}
  let end = a + <usize>${sets === 2 ? '(quads & ~1)' : 'quads'} * ${rows * bytes};
${loop(sets)}
${sets === 2 ? `  end += <usize>(quads & 1) * ${rows * bytes};${loop(1)}\n${cells((i, j) => `  c0${i}${j} = i32x4.add(c0${i}${j}, c1${i}${j});`)}` : ''}
${cells((i, j) => `  v128.store(c + ${i} * stride, c0${i}${j}, ${j * 16});`)}
}`;
}

import type { Tier } from '../table.ts';

/**
 * Writes the loops of the grouped product, one row of activations times a panel of 16 units, for 8 and 4 bits, by dot products of bytes and
 * of 16-bit numbers. In each group integers are added up; then f32 of the sum times the scales is added to the totals, which stay in registers.
 *
 * What bytes are combined with comes from memory, at `pattern`: the engine makes a vector constant anew, by three instructions, wherever it's used.
 * `xsums` has each group's sum of activations: weights are taken with `offset` added, which with their zero point is taken out again.
 */
export function qgRow(tier: Tier): string {
  const plain = tier === 'simd';
  return [
    exact(8, tier === 'wide'),
    // Where there are relaxed dot products, no nibbles need 16 bits.
    plain ? exact(4, false) : `${signature('exact4')} {}`,
    exactMany(tier !== 'wide'),
    ...[8, 4].map((bits) => dot(bits, plain)),
    pairOfPanels(plain),
    words(1, plain),
    words(2, plain),
  ].join('\n');
}

const signature = (name: string): string =>
  `export function ${name}(quads: i32, groups: i32, x: usize, xscales: usize, xsums: usize, w: usize, scales: usize, zeros: usize, zerosOf: usize, offset: i32, pattern: usize, to: usize): void`;
const lines = (count: number, body: (index: number) => string): string => Array.from({ length: count }, (_, i) => body(i)).join('\n');

/** What the group's sums begin with: minus the sum of activations times what each weight has too much. */
const begin = `    const s = i32x4.splat(-load<i32>(xsums));
${lines(4, (j) => `    const n${j} = i32x4.mul(s, i32x4.add(v128.load(zeros, ${j * 16}), more));`)}`;
const end = `    const f = v128.load32_splat(xscales);
${lines(4, (j) => `    t${j} = f32x4.add(t${j}, f32x4.mul(f32x4.convert_i32x4_s(c${j}), f32x4.mul(f, v128.load(scales, ${j * 16}))));`)}
    xscales += 4;
    xsums += 4;
    scales += 64;
    zeros += zerosOf;`;

function dot(bits: number, absent: boolean): string {
  const head = signature(`dot${bits}`);
  if (absent) return `${head} {}`;
  const step =
    bits === 8
      ? `${lines(
          4,
          (j) => `      c${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, v128.xor(v128.load(w, ${j * 16}), flips), c${j});`,
        )}
${lines(4, (j) => `      d${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, v128.xor(v128.load(w, ${64 + j * 16}), flips), d${j});`)}
      w += 128;`
      : `${lines(4, (j) => `      const v${j} = v128.load(w, ${j * 16});`)}
${lines(4, (j) => `      c${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, v128.and(v${j}, fifteen), c${j});`)}
${lines(4, (j) => `      d${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, v128.and(i16x8.shr_u(v${j}, 4), fifteen), d${j});`)}
      w += 64;`;
  return `${head} {
${lines(4, (j) => `  let t${j} = f32x4.splat(0);`)}
  const ${bits === 8 ? 'flips' : 'fifteen'} = v128.load32_splat(pattern);
  const more = i32x4.splat(offset);
  const past = xscales + (<usize>groups << 2);
  while (xscales < past) {
${begin}
${lines(4, (j) => `    let c${j} = n${j};\n    let d${j} = i32x4.splat(0);`)}
    const until = x + (<usize>quads << 2);
    while (x < until) {
      const a = v128.load32_splat(x);
      const b = v128.load32_splat(x, 4);
${step}
      x += 8;
    }
${lines(4, (j) => `    c${j} = i32x4.add(c${j}, d${j});`)}
${end}
  }
${lines(4, (j) => `  v128.store(to, t${j}, ${j * 16});`)}
}`;
}

/** In the `wide` tier sums leave by way of memory, side by side, because the engine pairs what is stored: shuffled, they'd be paired otherwise than they are loaded. */
function exact(bits: number, stored: boolean): string {
  const add = (j: number, a: string, b: string): string => `      p${j} = i32x4.add(p${j}, i32x4.dot_i16x8_s(${a}, ${b}));`;
  const step =
    bits === 8
      ? `${lines(8, (j) => add(j, 'a', `v128.load8x8_s(w, ${j * 8})`))}
${lines(8, (j) => add(j, 'b', `v128.load8x8_s(w, ${64 + j * 8})`))}
      w += 128;`
      : `${lines(4, (j) =>
          [
            `      const v${j} = v128.load(w, ${j * 16});`,
            `      const l${j} = v128.and(v${j}, fifteen);`,
            add(2 * j, 'a', `i16x8.extend_low_i8x16_u(l${j})`),
            add(2 * j + 1, 'a', `i16x8.extend_high_i8x16_u(l${j})`),
            `      const h${j} = v128.and(i16x8.shr_u(v${j}, 4), fifteen);`,
            add(2 * j, 'b', `i16x8.extend_low_i8x16_u(h${j})`),
            add(2 * j + 1, 'b', `i16x8.extend_high_i8x16_u(h${j})`),
          ].join('\n'),
        )}
      w += 64;`;
  return `${signature(`exact${bits}`)} {
${lines(4, (j) => `  let t${j} = f32x4.splat(0);`)}
  const fifteen = v128.load32_splat(pattern);
  const more = i32x4.splat(offset);
  const past = xscales + (<usize>groups << 2);
  while (xscales < past) {
${begin}
${lines(8, (j) => `    let p${j} = i32x4.splat(0);`)}
    const until = x + (<usize>quads << 3);
    while (x < until) {
      const a = v128.load64_splat(x);
      const b = v128.load64_splat(x, 8);
${step}
      x += 16;
    }
${stored ? lines(8, (j) => `    v128.store(pattern, p${j}, ${192 + j * 16});`) : ''}
${lines(4, (j) => {
  const [a, b] = [2 * j, 2 * j + 1].map((i) => (stored ? `v128.load(pattern, ${192 + i * 16})` : `p${i}`));
  return `    const a${j} = ${a};
    const b${j} = ${b};
    const c${j} = i32x4.add(n${j}, i32x4.add(i32x4.shuffle(a${j}, b${j}, 0, 2, 4, 6), i32x4.shuffle(a${j}, b${j}, 1, 3, 5, 7)));`;
})}
${end}
  }
${lines(4, (j) => `  v128.store(to, t${j}, ${j * 16});`)}
}`;
}

/** Three panels at once of 8 bits by 16-bit products, without zero points, for the tier that has the registers. Totals are kept in the output. */
function exactMany(absent: boolean): string {
  const head = 'export function exactMany8(quads: i32, groups: i32, x: usize, xscales: usize, w: usize, perPanel: usize, scales: usize, scalesOf: usize, sums: usize, to: usize): void';
  if (absent) return `${head} {}`;
  const panels = (body: (panel: number) => string): string => lines(3, body);
  const each = (body: (panel: number, j: number) => string): string => lines(12, (i) => body(i >> 2, i & 3));
  const shuffled = (p: number, j: number, from: string): string => `i32x4.shuffle(v128.load(sums, ${p * 128 + j * 32}), v128.load(sums, ${p * 128 + j * 32 + 16}), ${from})`;
  return `${head} {
${each((p, j) => `  v128.store(to, f32x4.splat(0), ${p * 64 + j * 16});`)}
${panels((p) => `  let w${p} = w + ${p} * perPanel;\n  let scales${p} = scales + ${p} * scalesOf;`)}
  const past = xscales + (<usize>groups << 2);
  while (xscales < past) {
${lines(24, (i) => `    let p${i} = i32x4.splat(0);`)}
    const until = x + (<usize>quads << 3);
    while (x < until) {
      const a = v128.load64_splat(x);
${lines(24, (i) => `      p${i} = i32x4.add(p${i}, i32x4.dot_i16x8_s(a, v128.load8x8_s(w${i >> 3}, ${(i & 7) * 8})));`)}
      x += 8;
${panels((p) => `      w${p} += 64;`)}
    }
${lines(24, (i) => `    v128.store(sums, p${i}, ${i * 16});`)}
    const f = v128.load32_splat(xscales);
${each((p, j) => `    const c${p}${j} = i32x4.add(${shuffled(p, j, '0, 2, 4, 6')}, ${shuffled(p, j, '1, 3, 5, 7')});`)}
${each((p, j) => `    const t${p}${j} = f32x4.add(v128.load(to, ${p * 64 + j * 16}), f32x4.mul(f32x4.convert_i32x4_s(c${p}${j}), f32x4.mul(f, v128.load(scales${p}, ${j * 16}))));`)}
${each((p, j) => `    v128.store(to, t${p}${j}, ${p * 64 + j * 16});`)}
    xscales += 4;
${panels((p) => `    scales${p} += 64;`)}
  }
}`;
}

/**
 * Two panels at once of 4 bits without zero points: two streams come from memory faster than one. Totals are kept in the output, so that
 * the sums have the registers.
 */
function pairOfPanels(absent: boolean): string {
  const head = 'export function pair4(quads: i32, groups: i32, x: usize, xscales: usize, xsums: usize, w: usize, perPanel: usize, scales: usize, scalesOf: usize, pattern: usize, to: usize): void';
  if (absent) return `${head} {}`;
  const both = (body: (panel: number, j: number) => string): string => lines(8, (i) => body(i >> 2, i & 3));
  return `${head} {
${both((p, j) => `  v128.store(to, f32x4.splat(0), ${p * 64 + j * 16});`)}
  const fifteen = v128.load32_splat(pattern);
  const past = xscales + (<usize>groups << 2);
  let w1 = w + perPanel;
  let scales1 = scales + scalesOf;
  while (xscales < past) {
    const n = i32x4.splat(load<i32>(xsums) * -8);
${both((p, j) => `    let c${p}${j} = n;\n    let d${p}${j} = i32x4.splat(0);`)}
    const until = x + (<usize>quads << 2);
    while (x < until) {
      const a = v128.load32_splat(x);
      const b = v128.load32_splat(x, 4);
${both((p, j) => `      const v${p}${j} = v128.load(w${p || ''}, ${j * 16});`)}
${both((p, j) => `      c${p}${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, v128.and(v${p}${j}, fifteen), c${p}${j});`)}
${both((p, j) => `      d${p}${j} = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, v128.and(i16x8.shr_u(v${p}${j}, 4), fifteen), d${p}${j});`)}
      w += 64;
      w1 += 64;
      x += 8;
    }
    const f = v128.load32_splat(xscales);
${both((p, j) => `    const t${p}${j} = f32x4.add(v128.load(to, ${p * 64 + j * 16}), f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(c${p}${j}, d${p}${j})), f32x4.mul(f, v128.load(scales${p || ''}, ${j * 16}))));`)}
${both((p, j) => `    v128.store(to, t${p}${j}, ${p * 64 + j * 16});`)}
    xscales += 4;
    xsums += 4;
    scales += 64;
    scales1 += 64;
  }
}`;
}

/**
 * 4 bits where the processor has no product of four bytes: products of two are added up in 16 bits, which hold eight quads of them, 15 times 127
 * each. One panel, or two at once without zero points.
 */
function words(panels: number, absent: boolean): string {
  const head =
    panels === 1
      ? signature('words4')
      : 'export function pairWords4(quads: i32, groups: i32, x: usize, xscales: usize, xsums: usize, w: usize, perPanel: usize, scales: usize, scalesOf: usize, pattern: usize, to: usize): void';
  if (absent) return `${head} {}`;
  const each = (body: (panel: string, j: number) => string): string => lines(4 * panels, (i) => body(i < 4 ? '' : '1', i & 3));
  return `${head} {
  store<i32>(pattern, 0x00010001, 4);
  const fifteen = v128.load32_splat(pattern);
  const ones = v128.load32_splat(pattern, 4);
${panels === 1 ? '  const more = i32x4.splat(offset);' : '  let w1 = w + perPanel;\n  let scales1 = scales + scalesOf;'}
${each((p, j) => `  let t${p}${j} = f32x4.splat(0);`)}
  const past = xscales + (<usize>groups << 2);
  while (xscales < past) {
${panels === 1 ? begin : `    const n = i32x4.splat(load<i32>(xsums) * -8);`}
${each((p, j) => `    let c${p}${j} = n${panels === 1 ? j : ''};`)}
    const until = x + (<usize>quads << 2);
    while (x < until) {
${each((p, j) => `      let s${p}${j} = i16x8.splat(0);`)}
      const part = min(x + 32, until);
      while (x < part) {
        const a = v128.load32_splat(x);
        const b = v128.load32_splat(x, 4);
${each((p, j) => `        const v${p}${j} = v128.load(w${p}, ${j * 16});`)}
${each(
  (p, j) =>
    `        s${p}${j} = i16x8.add(s${p}${j}, i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(a, v128.and(v${p}${j}, fifteen)), i16x8.relaxed_dot_i8x16_i7x16_s(b, v128.and(i16x8.shr_u(v${p}${j}, 4), fifteen))));`,
)}
        w += 64;
${panels === 1 ? '' : '        w1 += 64;'}
        x += 8;
      }
${each((p, j) => `      c${p}${j} = i32x4.add(c${p}${j}, i32x4.dot_i16x8_s(s${p}${j}, ones));`)}
    }
    const f = v128.load32_splat(xscales);
${each(
  (p, j) =>
    `    t${p}${j} = f32x4.add(t${p}${j}, f32x4.mul(f32x4.convert_i32x4_s(c${p}${j}), f32x4.mul(f, v128.load(scales${p}, ${j * 16}))));`,
)}
    xscales += 4;
    xsums += 4;
    scales += 64;
${panels === 1 ? '    zeros += zerosOf;' : '    scales1 += 64;'}
  }
${each((p, j) => `  v128.store(to, t${p}${j}, ${(p ? 64 : 0) + j * 16});`)}
}`;
}

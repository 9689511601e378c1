import type { Tier } from '../table.ts';

interface Reduction {
  /** AssemblyScript expressions of the combination of two vectors and of two scalars. */
  readonly vectors: (a: string, b: string) => string;
  readonly scalars: (a: string, b: string) => string;
  readonly type: 'f32' | 'i32';
  /** What changes nothing that it is combined with. */
  readonly neutral: string;
}

const lanes = (type: 'f32' | 'i32', name: string): ((a: string, b: string) => string) => (a, b) => `${type}x4.${name}(${a}, ${b})`;

/** Every reduction by its name. They are associative up to rounding; max and min give NaN if there is one. */
const reductions: Readonly<Record<string, Reduction>> = {
  f32_sum: { type: 'f32', vectors: lanes('f32', 'add'), scalars: (a, b) => `${a} + ${b}`, neutral: '0' },
  f32_product: { type: 'f32', vectors: lanes('f32', 'mul'), scalars: (a, b) => `${a} * ${b}`, neutral: '1' },
  f32_max: { type: 'f32', vectors: lanes('f32', 'max'), scalars: (a, b) => `max<f32>(${a}, ${b})`, neutral: 'f32.NEGATIVE_INFINITY' },
  f32_min: { type: 'f32', vectors: lanes('f32', 'min'), scalars: (a, b) => `min<f32>(${a}, ${b})`, neutral: 'f32.POSITIVE_INFINITY' },
  i32_sum: { type: 'i32', vectors: lanes('i32', 'add'), scalars: (a, b) => `${a} + ${b}`, neutral: '0' },
  i32_max: { type: 'i32', vectors: lanes('i32', 'max_s'), scalars: (a, b) => `max<i32>(${a}, ${b})`, neutral: 'i32.MIN_VALUE' },
  i32_min: { type: 'i32', vectors: lanes('i32', 'min_s'), scalars: (a, b) => `min<i32>(${a}, ${b})`, neutral: 'i32.MAX_VALUE' },
};

/**
 * Writes the reductions. Of each, `_rows` reduces runs: of rows of N elements, pieces of PIECE, each to one value; and
 * `_columns` reduces over the middle axis of [outer, R, N], pieces of PIECE of it, eight at a time, in pairs.
 * What is combined with what depends on the sizes alone, so the result is the same for every number of threads.
 */
export function reduce(_tier: Tier): string {
  return [parameters, ...Object.entries(reductions).map(([name, reduction]) => rows(name, reduction) + columns(name, reduction))].join('\n');
}

const parameters = `
const X: usize = 0;
const TO: usize = 4;
const N: usize = 8;
const PIECE: usize = 12;
const PIECES: usize = 16;
/** Results are divided by it, if it isn't 1. */
const DIVISOR: usize = 20;
const R: usize = 24;
/** Columns of a work item, and how many items a row has. */
const WIDTH: usize = 28;
const BLOCKS: usize = 32;
`;

/** Rows of fewer elements are done several at a time. */
const FEW = 32;

const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const four = [0, 1, 2, 3];

/** Combines a list in pairs, pairs of pairs and so on. */
function tree(names: readonly string[], combine: (a: string, b: string) => string): string {
  if (names.length === 1) return names[0] as string;
  const half = names.length / 2;
  return combine(tree(names.slice(0, half), combine), tree(names.slice(half), combine));
}

function rows(name: string, { type, vectors, scalars, neutral }: Reduction): string {
  const pairs = (a: string, b: string): string => vectors(`i32x4.shuffle(${a}, ${b}, 0, 4, 1, 5)`, `i32x4.shuffle(${a}, ${b}, 2, 6, 3, 7)`);
  const divide = type === 'f32' ? 'if (divisor != 1) value /= divisor;' : '';
  return `
function ${name}Run(x: usize, count: i32): ${type} {
  let past = x + (<usize>count << 2);
  let value = load<${type}>(x);
  if (count >= 32) {
    ${eight.map((j) => `let a${j} = v128.load(x, ${j * 16});`).join(' ')}
    x += 128;
    for (; x + 128 <= past; x += 128) {
      ${eight.map((j) => `const b${j} = v128.load(x, ${j * 16});`).join(' ')}
      ${eight.map((j) => `a${j} = ${vectors(`a${j}`, `b${j}`)};`).join('\n      ')}
    }
    let a = ${tree(eight.map((j) => `a${j}`), vectors)};
    for (; x + 16 <= past; x += 16) a = ${vectors('a', 'v128.load(x)')};
    a = ${vectors('a', 'i64x2.shuffle(a, a, 1, 0)')};
    value = ${scalars(`${type}x4.extract_lane(a, 0)`, `${type}x4.extract_lane(a, 1)`)};
  } else x += 4;
  for (; x < past; x += 4) value = ${scalars('value', `load<${type}>(x)`)};
  return value;
}

/** \`count\` rows of fewer than ${FEW} elements, four at a time, each in a vector of its own to the last: the lanes of four vectors are the results of four rows. */
function ${name}Few(x: usize, to: usize, n: i32, count: i32, ${type === 'f32' ? 'divisor: f32, ' : ''}s: usize): void {
  const stride = <usize>n << 2;
  const rest = (n - 1) & 3;
  const whole = stride - (<usize>rest << 2) - 4;
  const neutral = ${type}x4.splat(${neutral});
  // Of the last four elements before a row's end those that the whole vectors leave; what stands before the row doesn't count.
  const mask = i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(3 - rest));
  for (; count > 0; count -= 4) {
    const x1 = count > 1 ? x + stride : x;
    const x2 = count > 2 ? x1 + stride : x;
    const x3 = count > 3 ? x2 + stride : x;
    ${four.map((j) => `let a${j} = v128.bitselect(v128.load(x${j || ''} + stride - 16), neutral, mask);`).join('\n    ')}
    for (let at: usize = 0; at < whole; at += 16) {
      ${four.map((j) => `a${j} = ${vectors(`a${j}`, `v128.load(x${j || ''} + at)`)};`).join('\n      ')}
    }
    const u = ${pairs('a0', 'a1')};
    const v = ${pairs('a2', 'a3')};
    ${type === 'f32' ? 'const results = f32x4.div(' : 'const results = '}${vectors('i64x2.shuffle(u, v, 0, 2)', 'i64x2.shuffle(u, v, 1, 3)')}${type === 'f32' ? ', f32x4.splat(divisor))' : ''};
    if (count > 3) v128.store(to, results);
    else {
      v128.store(s, results);
      for (let j: usize = 0; j < <usize>count << 2; j += 4) store<u32>(to + j, load<u32>(s + j));
    }
    x = x3 + stride;
    to += 16;
  }
}

/** Work items: rows times PIECES. */
export function ${name}_rows(p: usize, begin: i32, end: i32, s: usize): void {
  const n = load<i32>(p, N);
  const piece = load<i32>(p, PIECE);
  const pieces = load<i32>(p, PIECES);
  ${type === 'f32' ? 'const divisor = load<f32>(p, DIVISOR);' : ''}
  const x = <usize>load<u32>(p, X);
  let to = <usize>load<u32>(p, TO) + (<usize>begin << 2);
  if (n < ${FEW}) {
    ${name}Few(x + (<usize>(begin * n) << 2), to, n, end - begin, ${type === 'f32' ? 'divisor, ' : ''}s);
    return;
  }
  let row = begin / pieces;
  let part = begin - row * pieces;
  for (let i = begin; i < end; i++) {
    const from = part * piece;
    let value = ${name}Run(x + (<usize>(row * n + from) << 2), min(piece, n - from));
    ${divide}
    store<${type}>(to, value);
    to += 4;
    if (++part == pieces) {
      part = 0;
      row++;
    }
  }
}`;
}

function columns(name: string, { type, vectors, scalars }: Reduction): string {
  return `
/** The first of eight rows' results, or their combination with what is there. */
function ${name}Eight(x: usize, stride: usize, to: usize, bytes: usize, first: bool): void {
  ${eight.map((i) => `let x${i} = x + ${i} * stride;`).join(' ')}
  const past = to + bytes;
  // A whole cache line of each row at once: rows a power of two apart evict each other.
  for (; to + 64 <= past; to += 64) {
    ${four.map((j) => `let a${j} = ${tree(eight.map((i) => `v128.load(x${i}, ${j * 16})`), vectors)};`).join('\n    ')}
    if (!first) {
      ${four.map((j) => `a${j} = ${vectors(`v128.load(to, ${j * 16})`, `a${j}`)};`).join('\n      ')}
    }
    ${four.map((j) => `v128.store(to, a${j}, ${j * 16});`).join('\n    ')}
    ${eight.map((i) => `x${i} += 64;`).join(' ')}
  }
  for (; to + 16 <= past; to += 16) {
    let a = ${tree(eight.map((i) => `v128.load(x${i})`), vectors)};
    if (!first) a = ${vectors('v128.load(to)', 'a')};
    v128.store(to, a);
    ${eight.map((i) => `x${i} += 16;`).join(' ')}
  }
  for (; to < past; to += 4) {
    let a = ${tree(eight.map((i) => `load<${type}>(x${i})`), scalars)};
    if (!first) a = ${scalars(`load<${type}>(to)`, 'a')};
    store<${type}>(to, a);
    ${eight.map((i) => `x${i} += 4;`).join(' ')}
  }
}

function ${name}One(x: usize, to: usize, bytes: usize, first: bool): void {
  const past = to + bytes;
  for (; to + 16 <= past; to += 16) {
    let a = v128.load(x);
    if (!first) a = ${vectors('v128.load(to)', 'a')};
    v128.store(to, a);
    x += 16;
  }
  for (; to < past; to += 4) {
    let a = load<${type}>(x);
    if (!first) a = ${scalars(`load<${type}>(to)`, 'a')};
    store<${type}>(to, a);
    x += 4;
  }
}

/** Work items: outer times PIECES times BLOCKS. */
export function ${name}_columns(p: usize, begin: i32, end: i32, s: usize): void {
  const n = load<i32>(p, N);
  const r = load<i32>(p, R);
  const piece = load<i32>(p, PIECE);
  const pieces = load<i32>(p, PIECES);
  const width = load<i32>(p, WIDTH);
  const blocks = load<i32>(p, BLOCKS);
  const stride = <usize>n << 2;
  for (let i = begin; i < end; i++) {
    const line = i / blocks;
    const column = (i - line * blocks) * width;
    const outer = line / pieces;
    const from = (line - outer * pieces) * piece;
    const count = min(piece, r - from);
    const bytes = <usize>min(width, n - column) << 2;
    const to = <usize>load<u32>(p, TO) + (<usize>(line * n + column) << 2);
    let x = <usize>load<u32>(p, X) + (<usize>((outer * r + from) * n + column) << 2);
    let done = 0;
    for (; done + 8 <= count; done += 8) {
      ${name}Eight(x, stride, to, bytes, done == 0);
      x += stride << 3;
    }
    for (; done < count; done++) {
      ${name}One(x, to, bytes, done == 0);
      x += stride;
    }
    ${
      type === 'f32'
        ? `const divisor = load<f32>(p, DIVISOR);
    if (divisor != 1) {
      for (let at = to; at < to + bytes; at += 4) store<f32>(at, load<f32>(at) / divisor);
    }`
        : ''
    }
  }
}`;
}

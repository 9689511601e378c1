import type { Tier } from '../table.ts';

interface Cumulative {
  readonly type: 'f32' | 'i32';
  /** The instruction of lanes, and the operator of two numbers. */
  readonly instruction: string;
  readonly operator: string;
  readonly first: number;
}

const kernels: Readonly<Record<string, Cumulative>> = {
  f32_cumulative_sum: { type: 'f32', instruction: 'add', operator: '+', first: 0 },
  f32_cumulative_product: { type: 'f32', instruction: 'mul', operator: '*', first: 1 },
  i32_cumulative_sum: { type: 'i32', instruction: 'add', operator: '+', first: 0 },
};

/** Writes the cumulative sums and products. Every element is combined with the one before, as a loop would. */
export function cumulative(_tier: Tier): string {
  return [parameters, ...Object.entries(kernels).map(([name, kernel]) => write(name, kernel))].join('\n');
}

const parameters = `
const X: usize = 0;
const TO: usize = 4;
/** Elements from one that is combined to the next, and how many are. */
const N: usize = 8;
const R: usize = 12;
/** Whether a result is without the element in its place, and whether the last comes first. */
const EXCLUSIVE: usize = 16;
const REVERSE: usize = 20;
/** Columns of a work item, and how many items [R, N] has. */
const WIDTH: usize = 24;
const BLOCKS: usize = 28;
/** How many rows there are where N is 1. */
const ROWS: usize = 32;
`;

const four = [0, 1, 2, 3];

function write(name: string, { type, instruction, operator, first }: Cumulative): string {
  return `
/** Four rows \`apart\` from each other at once, because each element waits for the one before. */
function ${name}Rows(x: usize, to: usize, apart: usize, step: usize, r: i32, exclusive: bool): void {
  ${four.map((j) => `let a${j}: ${type} = ${first};`).join(' ')}
  for (; r > 0; r--) {
    ${four.map((j) => `const b${j} = a${j} ${operator} load<${type}>(x + ${j} * apart);`).join('\n    ')}
    ${four.map((j) => `store<${type}>(to + ${j} * apart, exclusive ? a${j} : b${j});`).join('\n    ')}
    ${four.map((j) => `a${j} = b${j};`).join(' ')}
    x += step;
    to += step;
  }
}

/** Work items: four rows where N is 1, else outer times BLOCKS. */
export function ${name}(p: usize, begin: i32, end: i32, s: usize): void {
  const n = load<i32>(p, N);
  const r = load<i32>(p, R);
  const exclusive = load<i32>(p, EXCLUSIVE) != 0;
  const reverse = load<i32>(p, REVERSE) != 0;
  const width = load<i32>(p, WIDTH);
  const blocks = load<i32>(p, BLOCKS);
  const size = <usize>n << 2;
  const step: usize = reverse ? 0 - size : size;
  const last = reverse ? <usize>(r - 1) * size : 0;
  for (let i = begin; i < end; i++) {
    const outer = n == 1 ? i * 4 : i / blocks;
    const column = n == 1 ? 0 : (i - outer * blocks) * width;
    const at = (<usize>(outer * r * n + column) << 2) + last;
    let x = <usize>load<u32>(p, X) + at;
    let to = <usize>load<u32>(p, TO) + at;
    if (n == 1) {
      const apart = <usize>r << 2;
      const left = load<i32>(p, ROWS) - outer;
      if (left >= 4) ${name}Rows(x, to, apart, step, r, exclusive);
      else {
        for (let j = 0; j < left; j++) {
          ${name}Rows(x, to, 0, step, r, exclusive);
          x += apart;
          to += apart;
        }
      }
      continue;
    }
    const bytes = <usize>min(width, n - column) << 2;
    if (exclusive) {
      for (let j: usize = 0; j < bytes; j += 4) store<${type}>(to + j, ${first});
    } else {
      memory.copy(to, x, bytes);
      x += step;
    }
    const whole = bytes & -16;
    for (let k = 1; k < r; k++) {
      const before = to;
      to += step;
      let j: usize = 0;
      for (; j < whole; j += 16) v128.store(to + j, ${type}x4.${instruction}(v128.load(before + j), v128.load(x + j)));
      for (; j < bytes; j += 4) store<${type}>(to + j, load<${type}>(before + j) ${operator} load<${type}>(x + j));
      x += step;
    }
  }
}`;
}

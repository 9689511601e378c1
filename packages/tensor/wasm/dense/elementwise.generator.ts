import type { Tier } from '../table.ts';
import { operations, type Operation } from './elementwise-operations.generator.ts';

/** Writes every elementwise kernel: a loop over the runs that `blocks` yields, several vectors at a time so that neighbours form pairs. */
export function elementwise(_tier: Tier): string {
  return [
    `import { C, CONSTANTS, D, MOVES, RUNNING, TO, X, Y, Z, next, open } from './blocks';`,
    `import { ONE, SIX, constant, writeConstants } from '../simd/constants';`,
    `import { exp, expm1 } from '../simd/exp';`,
    `import { log, log1p } from '../simd/log';`,
    `import { sigmoid, softplus } from '../simd/sigmoid';`,
    `import { tanh } from '../simd/tanh';`,
    `import { erf } from '../simd/erf';`,
    `import { gelu, geluGradient, geluTanh, geluTanhGradient, silu, siluGradient } from '../simd/gelu';`,
    `import { clip, elu, prelu, selu, sign, step } from '../simd/piecewise';`,
    `import { floorDivide, power } from '../simd/integer';`,
    `import { packMasks, widen } from '../simd/lanes';`,
    ...Object.entries(operations).map(([name, operation]) => kernel(name, operation)),
  ].join('\n');
}

const names = ['x', 'y', 'z'];

function kernel(name: string, { inputs, output, value, numbers = 0, vectors: count = 4 }: Operation): string {
  const vectors = Array.from({ length: count }, (_, j) => j);
  const bytes = (width: 1 | 4): string => (width === 4 ? ' << 2' : '');
  const operands = inputs.map((width, k) => ({ width, name: names[k] as string }));
  const loads = operands.flatMap(({ width, name: x }) =>
    width === 4 ? vectors.map((j) => `const ${x}${j} = v128.load(${x}, ${j * 16});`) : [`const ${x}b = v128.load(${x});`],
  );
  const argument = ({ width, name: x }: { width: 1 | 4; name: string }, j: number): string => (width === 4 ? `${x}${j}` : `widen(${x}b, ${j})`);
  const onBytes = inputs.every((width) => width === 1) && output === 1;
  const results = onBytes
    ? [`const r0 = ${value(...operands.map(({ name: x }) => `${x}b`))};`]
    : vectors.map((j) => `const r${j} = ${value(...operands.map((operand) => argument(operand, j)))};`);
  const stores =
    output === 4
      ? vectors.map((j) => `v128.store(to, r${j}, ${j * 16});`)
      : [`v128.store(to, ${onBytes ? 'r0' : 'packMasks(r0, r1, r2, r3)'});`];
  // A single operand lies as the output does.
  const step = ({ width, name: x }: { width: 1 | 4; name: string }): string => (operands.length === 1 ? `${4 * count * width}` : `${x}Step`);
  return `
export function ${name}(p: usize, begin: i32, end: i32, s: usize): void {
  ${numbers > 0 ? 'const c = f32x4.splat(load<f32>(p, C));' : ''}
  ${numbers > 1 ? 'const d = f32x4.splat(load<f32>(p, D));' : ''}
  ${results.some((line) => /\bk\b/.test(line)) ? 'const k = s + CONSTANTS;\n  writeConstants(k);' : ''}
  open(begin, end, s);
  while (next(p, s)) {
    ${operands.map(({ name: x }) => `let ${x} = <usize>load<u32>(s, ${x.toUpperCase()});`).join('\n    ')}
    ${operands.length === 1 ? '' : operands.map(({ width, name: x }, k) => `const ${x}Step = <usize>load<u32>(s, MOVES + ${4 * k}) * ${4 * count * width};`).join('\n    ')}
    let to = <usize>load<u32>(s, TO);
    const past = to + (<usize>load<i32>(s, RUNNING)${bytes(output)});
    do {
      ${[...loads, ...results, ...stores].join('\n      ')}
      ${operands.map((operand) => `${operand.name} += ${step(operand)};`).join(' ')}
      to += ${4 * count * output};
    } while (to < past);
  }
}`;
}

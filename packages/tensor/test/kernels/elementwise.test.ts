import { expect, test } from 'vitest';
import { operations, type Operation } from '../../wasm/dense/elementwise-operations.generator.ts';
import { broadcastElementwise, elementwise, FEW, MANY, type ElementwiseKernel } from '../../src/kernels/elementwise.ts';
import { referenceElementwise } from '../../src/kernels/reference/elementwise.ts';
import { scalarFunctions } from '../../src/kernels/reference/scalar-functions.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks, type Values } from './memory.ts';
import { ulpError } from './ulp.ts';
import { booleans, edgeValues, floats, integers } from './values.ts';

/** Most units in the last place by which a result may differ from the exact one; 0.5 is correct rounding, and all others' bound. */
const bounds: Record<string, number> = {
  f32_exp: 2,
  f32_expm1: 3,
  f32_log: 2,
  f32_log1p: 3,
  f32_tanh: 3,
  f32_sigmoid: 3,
  f32_softplus: 3,
  f32_erf: 3,
  f32_elu: 3,
  f32_selu: 4,
  f32_squared_difference: 1,
  f32_rsqrt: 1.5,
  f32_sigmoid_gradient: 3,
  f32_tanh_gradient: 2,
  f32_elu_gradient: 2,
};
/** Gradients from a result y between -1 and 1, of which the difference to 1 may cancel: their error is in units of dy. */
const cancelling = new Set(['f32_tanh_gradient', 'f32_sigmoid_gradient', 'f32_elu_gradient']);
/** Functions of x between 0 and x, and their gradients, whose parts cancel where they are small: units of 2^-23 of x, or of dy, they are within. */
const bounded: Record<string, number> = {
  f32_gelu: 1,
  f32_gelu_tanh: 2,
  f32_silu: 2,
  f32_gelu_gradient: 4,
  f32_gelu_tanh_gradient: 8,
  f32_silu_gradient: 8,
};
const CONSTANTS: [number, number] = [0.25, 0.75];
const sizes = [0, 1, 2, 7, 15, 16, 17, 31, 64, 101, 1031];
const LARGE = 40009;

function describeKernel(name: string, { inputs, output }: Operation): ElementwiseKernel {
  return { name, inputs, output, share: name in bounds || name in bounded ? MANY : FEW };
}
/** Arguments of a kernel that its name says it takes. */
function operand(name: string, width: 1 | 4, count: number, seed: number): Values {
  if (width === 1) return booleans(count, seed);
  const integer = name.startsWith('i32_') ? name !== 'i32_from_f32' : name.endsWith('_i32');
  return integer ? integers(count, seed) : floats(count, seed, { edges: true });
}
function results(name: string, width: 1 | 4, count: number): Values {
  if (width === 1) return new Uint8Array(count);
  return name.startsWith('i32_') ? new Int32Array(count) : new Float32Array(count);
}

/** Runs a kernel on operands of given shapes. */
function run(
  kernels: Kernels,
  name: string,
  operation: Operation,
  shape: readonly number[],
  shapes?: readonly (readonly number[])[],
): { operands: { shape: readonly number[]; values: Values }[]; actual: Values } {
  const blocks = new Blocks(kernels);
  const kernel = describeKernel(name, operation);
  const count = (own: readonly number[]): number => own.reduce((product, size) => product * size, 1);
  const operands = operation.inputs.map((width, k) => {
    const own = shapes?.[k] ?? shape;
    const seed = 17 * k + count(shape);
    return {
      shape: own,
      values:
        k === 1 && (cancelling.has(name) || name in bounded)
          ? floats(count(own), seed, { scale: name in bounded ? 8 : 1 })
          : operand(name, width, count(own), seed),
    };
  });
  const placed = operands.map(({ shape: own, values }) => ({ shape: own, address: blocks.place(values) }));
  const to = blocks.place(results(name, operation.output, count(shape)));
  if (shapes || operands.length > 2) broadcastElementwise(kernels, kernel, to, shape, placed, ...CONSTANTS);
  else elementwise(kernels, kernel, to, count(shape), placed[0]?.address as number, placed[1]?.address, ...CONSTANTS);
  const actual = blocks.read(to, results(name, operation.output, count(shape)));
  blocks.release();
  return { operands, actual };
}

/** Compares each result of a run with the scalar function's. */
function check(...call: Parameters<typeof run>): Values {
  const [, name, operation, shape] = call;
  const { operands, actual } = run(...call);
  const f = scalarFunctions[name];
  if (!f) throw new Error(`${name} has no scalar function that defines it`);
  const expected = referenceElementwise((...values) => f(...values, ...CONSTANTS), shape, operands);
  for (let i = 0; i < actual.length; i++) {
    const error = ulpError(actual[i] as number, expected[i] as number);
    if (error <= (bounds[name] ?? 0.5)) continue;
    const given = operands.map(({ values }) => (values.length === actual.length ? values[i] : '?'));
    // An infinite dy times a slope too small for float32 is NaN.
    if (name in bounded && Math.abs(Number(given[0])) === Infinity && operation.inputs.length > 1) continue;
    const units = cancelling.has(name) ? 1 : (bounded[name] ?? 0);
    if (Math.abs((actual[i] as number) - (expected[i] as number)) <= units * 2 ** -23 * Math.abs(Number(given[0]))) continue;
    expect.fail(`${name} of ${given.join(', ')} at ${i} of [${shape}]: ${actual[i]}, exact ${expected[i]}, ${error} ulp`);
  }
  return actual;
}

/** Output and operand shapes that reach every kind of row and every way to lay an operand out. */
const broadcasts: readonly (readonly [shape: number[], a: number[], b: number[]])[] = [
  [[5], [5], []],
  [[5], [1], [5]],
  [[1, 1], [1, 1], [1]],
  [[1037], [1037], []],
  [[9001], [], [9001]],
  [[20001], [20001], []],
  [
    [3, 20001],
    [3, 1],
    [1, 20001],
  ],
  [[3, 5], [3, 5], [5]],
  [[7, 16], [16], [7, 16]],
  [[101, 3], [101, 3], [3]],
  [[130, 600], [130, 600], [600]],
  [
    [9, 5000],
    [9, 1],
    [1, 5000],
  ],
  [
    [3, 5],
    [3, 5],
    [3, 1],
  ],
  [
    [67, 10],
    [67, 10],
    [67, 1],
  ],
  [
    [33, 1000],
    [33, 1],
    [33, 1000],
  ],
  [
    [4, 3, 5],
    [4, 1, 5],
    [3, 1],
  ],
  [
    [2, 3, 4, 5, 6],
    [2, 1, 4, 1, 6],
    [3, 1, 5, 1],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [2, 1, 2, 1, 2, 1],
    [1, 3, 1, 3, 1, 3],
  ],
  [[2, 0, 3], [2, 0, 3], [3]],
  [[300, 257], [300, 257], [257]],
  [
    [300, 257],
    [300, 1],
    [300, 257],
  ],
];

inEveryCombination((kernels) => {
  for (const [name, operation] of Object.entries(operations)) {
    const bound = name in bounded ? `${bounded[name]}·2^-23 of ${operation.inputs.length > 1 ? 'dy' : 'x'}` : `${bounds[name] ?? 0.5} ulp`;
    test(`${name}: within ${bound} on edge values and sizes ${sizes.join(', ')}, ${LARGE}`, () => {
      for (const size of sizes) check(kernels(), name, operation, [size]);
      const first = check(kernels(), name, operation, [LARGE]);
      expect(run(kernels(), name, operation, [LARGE]).actual).toEqual(first);
    });
  }

  test.for(broadcasts)('broadcasts to [%j]', ([shape, a, b]) => {
    for (const name of ['f32_subtract', 'i32_subtract', 'f32_less', 'bool_and']) {
      check(kernels(), name, operations[name] as Operation, shape, [a, b]);
    }
    check(kernels(), 'b32_select', operations['b32_select'] as Operation, shape, [a, b, shape]);
    check(kernels(), 'b8_select', operations['b8_select'] as Operation, shape, [b, shape, a]);
  });

  const long = Object.keys(bounds).filter((name) => operations[name]?.inputs.length === 1);
  test.for(long)(`%s: within its bound over a sample of all floats and about the edge values`, (name) => {
    const values = sample();
    const blocks = new Blocks(kernels());
    const x = blocks.place(values);
    const to = blocks.place(new Float32Array(values.length));
    elementwise(kernels(), describeKernel(name, operations[name] as Operation), to, values.length, x, 0, ...CONSTANTS);
    const actual = blocks.read(to, new Float32Array(values.length));
    blocks.release();
    const f = scalarFunctions[name] as (x: number) => number;
    let worst = 0;
    let at = 0;
    for (let i = 0; i < values.length; i++) {
      const error = ulpError(actual[i] as number, f(values[i] as number));
      if (error > worst) [worst, at] = [error, i];
    }
    if ('process' in globalThis && process.env['ULP']) console.error(name, worst, values[at]);
    expect(worst, `${name}(${values[at]}) = ${actual[at]}, exact ${f(values[at] as number)}`).toBeLessThanOrEqual(bounds[name] as number);
  });
});

/** Every 60013th float of all, and the thousand floats around each edge value. */
function sample(): Float32Array {
  const words: number[] = [];
  for (let word = 0; word < 2 ** 32; word += 60013) words.push(word | 0);
  const edges = new Int32Array(Float32Array.from(edgeValues).buffer);
  for (const edge of edges) for (let i = -500; i < 500; i++) words.push((edge + i) | 0);
  return new Float32Array(Int32Array.from(words).buffer);
}

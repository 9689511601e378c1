import { attention, attentionGradient, type Heads } from '../kernels/attention.ts';
import { conv, convFilterGradient } from '../kernels/conv.ts';
import type { Windows } from '../kernels/conv-windows.ts';
import { gemm } from '../kernels/gemm.ts';
import { softmax } from '../kernels/softmax.ts';
import type { Kernels } from './kernels.ts';

/**
 * Whether the kernels, as this engine compiled them, compute what their references compute: all of those whose code is
 * another in the wide tier, and softmax for the rest.
 */
export function selfTest(kernels: Kernels): boolean {
  return [productsAreRight, convolutionIsRight, attentionIsRight].every((isRight) => isRight(kernels));
}

type Arrays = readonly Float32Array[];
type Three = [Float32Array, Float32Array, Float32Array];

/** Of small integers every product and sum is exact, whatever the order. */
function integers(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7919) % 17) - 8);
}

/** Results of `lengths` values each, which `run` computes from the operands; it gets the addresses of all. */
function computed(
  { heap }: Kernels,
  operands: readonly Float32Array[],
  lengths: readonly number[],
  run: (...addresses: number[]) => void,
): Float32Array[] {
  const all = [...operands, ...lengths.map((length) => new Float32Array(length))];
  const bytes = all.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const block = heap.allocate(bytes);
  let next = block;
  const addresses = all.map(({ byteLength }) => (next += byteLength) - byteLength);
  all.forEach((values, index) => heap.floats.set(values, (addresses[index] as number) / 4));
  run(...addresses);
  const results = lengths.map((length, index) => {
    const at = (addresses[operands.length + index] as number) / 4;
    return heap.floats.slice(at, at + length);
  });
  heap.release(block, bytes);
  return results;
}

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** op(A)·op(B). The twins of the tests know more, which every page would load. */
function product({ m, n, k, transposeA, transposeB }: Product, a: Float32Array, b: Float32Array): Float32Array {
  return new Float32Array(m * n).map((_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++)
      sum += (a[transposeA ? l * m + i : i * k + l] as number) * (b[transposeB ? j * k + l : l * n + j] as number);
    return sum;
  });
}

function near(given: Arrays, expected: Arrays, tolerance: number): boolean {
  return given.every((values, index) =>
    Array.from(values).every((value, i) => Math.abs(value - (expected[index]?.[i] as number)) <= tolerance),
  );
}

/** Sizes that reach every path of the product: of one thread, by panels and by rows; full tiles, rows and columns left over, several blocks of k. */
function productsAreRight(kernels: Kernels): boolean {
  return [
    { m: 9, n: 19, k: 520, transposeA: false, transposeB: false },
    { m: 8, n: 17, k: 9, transposeA: true, transposeB: true },
    { m: 33, n: 83, k: 100, transposeA: false, transposeB: true },
    { m: 48 * kernels.threads.count + 5, n: 35, k: 150, transposeA: true, transposeB: false },
  ].every((size) => {
    const { m, n, k } = size;
    const [a, b, bias] = [m * k, k * n, n].map(integers) as Three;
    const given = computed(kernels, [a, b, bias], [m * n], (a, b, bias, c) => {
      gemm(kernels, { ...size, a, b, c, bias, activation: 'relu' });
    });
    return near(given, [product(size, a, b).map((value, i) => Math.max(0, value + (bias[i % n] as number)))], 0);
  });
}

/** A convolution of three taps along a padded line and the gradient of its filter, against products with the line's windows. */
function convolutionIsRight(kernels: Kernels): boolean {
  const [m, channels, outputs] = [35, 3, 19];
  const k = 3 * channels;
  const [line, one] = [[1, 1, m] as const, [1, 1, 1] as const];
  const windows: Windows = {
    batch: 1,
    channels,
    image: line,
    grid: line,
    window: [1, 1, 3],
    stride: one,
    dilation: one,
    before: [0, 0, 1],
  };
  const [x, filter, dy] = [m * channels, k * outputs, m * outputs].map(integers) as Three;
  const taken = Float32Array.from({ length: m * k }, (_, i) => x[(Math.floor(i / k) - 1) * channels + (i % k)] ?? 0);
  const given = computed(kernels, [x, filter, dy], [m * outputs, k * outputs], (x, filter, dy, y, gradient) => {
    conv(kernels, windows, outputs, x, filter, y);
    convFilterGradient(kernels, windows, outputs, x, dy, gradient);
  });
  const n = outputs;
  return near(given, [product({ m, n, k }, taken, filter), product({ m: k, n, k: m, transposeA: true }, taken, dy)], 0);
}

/** Attention of one head and its gradients, against products and softmax, which is another kernel. */
function attentionIsRight(kernels: Kernels): boolean {
  const [m, n, depth] = [19, 21, 9];
  const [q, k, v] = [m, n, n].map((rows) => integers(rows * depth).map((value) => value / 8)) as Three;
  const sizesOfScores = { m, n, k: depth, transposeB: true };
  const scores = product(sizesOfScores, q, k);
  const lengths = [m * n, m, q.length, q.length, k.length, v.length];
  const given = computed(kernels, [q, k, v, scores], lengths, (q, k, v, x, to, logSums, out, dq, dk, dv) => {
    softmax(kernels, { x, to, rows: m, n });
    const inOrder = (address: number): Heads => ({ address, ofExample: 0, ofHead: 0, ofRow: depth });
    const sizes = { heads: 1, headsOfExample: 1, queries: m, keys: n, depth, valueDepth: depth, scale: 1, causal: false };
    const call = { ...sizes, q: inOrder(q), k: inOrder(k), v: inOrder(v), logSums };
    attention(kernels, { ...call, to: inOrder(out) });
    // The gradient of the result: the queries, which are as large.
    attentionGradient(kernels, { ...call, out, dout: inOrder(q), dq, dk, dv });
  });
  const [p, , ...results] = given as [Float32Array, ...Float32Array[]];
  const dp = product(sizesOfScores, q, v);
  const products = p.map((value, i) => value * (dp[i] as number));
  const ds = products.map((value, i) => {
    const first = i - (i % n);
    return value - (p[i] as number) * products.subarray(first, first + n).reduce((sum, each) => sum + each);
  });
  const byKeys = { m, n: depth, k: n };
  const byQueries = { m: n, n: depth, k: m, transposeA: true };
  const expected = [product(byKeys, p, v), product(byKeys, ds, k), product(byQueries, ds, q), product(byQueries, p, q)];
  return near(results, expected, 1e-5);
}

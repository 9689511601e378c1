import { attention, attentionGradient, type Heads } from '../kernels/attention.ts';
import { conv, convFilterGradient } from '../kernels/conv.ts';
import { gemm } from '../kernels/gemm.ts';
import { referenceAttention } from '../kernels/reference/attention.ts';
import { referenceConv, referenceConvFilterGradient } from '../kernels/reference/conv.ts';
import { referenceGemm } from '../kernels/reference/gemm.ts';
import { referenceSoftmax } from '../kernels/reference/softmax.ts';
import { softmax } from '../kernels/softmax.ts';
import type { Kernels } from './kernels.ts';

/**
 * Whether the kernels, as this engine compiled them, compute what their references compute: all of those whose code is
 * another in the wide tier, and softmax for the rest.
 */
export function selfTest(kernels: Kernels): boolean {
  return [productsAreRight, softmaxIsRight, convolutionIsRight, attentionIsRight].every((isRight) => isRight(kernels));
}

type Arrays = readonly ArrayLike<number>[];

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
    const [a, b, bias] = [m * k, k * n, n].map(integers) as [Float32Array, Float32Array, Float32Array];
    const given = computed(kernels, [a, b, bias], [m * n], (...at) => {
      const [a = 0, b = 0, bias = 0, c = 0] = at;
      gemm(kernels, { ...size, a, b, c, bias, activation: 'relu' });
    });
    return near(given, [referenceGemm({ ...size, bias, activation: 'relu' }, a, b)], 0);
  });
}

/** Softmax has a maximum, an exponential, a sum and a division in it, over whole vectors and what is left. */
function softmaxIsRight(kernels: Kernels): boolean {
  const [rows, n] = [3, 43];
  const x = integers(rows * n);
  const given = computed(kernels, [x], [x.length], (...at) => {
    const [x = 0, to = 0] = at;
    softmax(kernels, { x, to, rows, n });
  });
  return near(given, [referenceSoftmax(x, rows, n).probabilities], 1e-6);
}

/** A convolution and the gradient of its filter. */
function convolutionIsRight(kernels: Kernels): boolean {
  const ones = [1, 1, 1] as const;
  const windows = {
    batch: 1,
    channels: 3,
    image: [1, 5, 7],
    grid: [1, 5, 7],
    window: [1, 3, 3],
    stride: ones,
    dilation: ones,
    before: [0, 1, 1],
  } as const;
  const outputs = 19;
  const [x, filter, dy] = [5 * 7 * 3, 9 * 3 * outputs, 5 * 7 * outputs].map(integers) as [Float32Array, Float32Array, Float32Array];
  const given = computed(kernels, [x, filter, dy], [dy.length, filter.length], (...at) => {
    const [x = 0, filter = 0, dy = 0, y = 0, gradient = 0] = at;
    conv(kernels, windows, outputs, x, filter, y);
    convFilterGradient(kernels, windows, outputs, x, dy, gradient);
  });
  return near(given, [referenceConv(windows, outputs, x, filter), referenceConvFilterGradient(windows, outputs, x, dy)], 0);
}

/** Attention and its gradients. */
function attentionIsRight(kernels: Kernels): boolean {
  const sizes = { heads: 2, queries: 19, keys: 21, depth: 9, valueDepth: 7, scale: 0.1, causal: false };
  const { heads, queries, keys, depth, valueDepth } = sizes;
  const [ofQ, ofK, ofV, ofOut] = [queries * depth, keys * depth, keys * valueDepth, queries * valueDepth].map((size) => size * heads) as [
    number,
    number,
    number,
    number,
  ];
  const operands = [ofQ, ofK, ofV, ofOut].map((length) => integers(length).map((value) => value / 8)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const inOrder = (address: number, length: number, width: number): Heads => ({
    address,
    ofExample: 0,
    ofHead: length * width,
    ofRow: width,
  });
  const [out, , ...gradients] = computed(kernels, operands, [ofOut, heads * queries, ofQ, ofK, ofV], (...at) => {
    const [q = 0, k = 0, v = 0, dout = 0, out = 0, logSums = 0, dq = 0, dk = 0, dv = 0] = at;
    const call = {
      ...sizes,
      headsOfExample: heads,
      q: inOrder(q, queries, depth),
      k: inOrder(k, keys, depth),
      v: inOrder(v, keys, valueDepth),
      logSums,
    };
    attention(kernels, { ...call, to: inOrder(out, queries, valueDepth) });
    attentionGradient(kernels, { ...call, out, dout: inOrder(dout, queries, valueDepth), dq, dk, dv });
  });
  const expected = referenceAttention(sizes, ...operands);
  return near([out as Float32Array, ...gradients], [expected.out, expected.dq, expected.dk, expected.dv], 1e-5);
}

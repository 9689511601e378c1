/**
 * Operations on tensors above 3.5 GiB, where an address read as a signed number is negative. Reports which of them differ
 * from the same operations in a fresh heap, and what happens at the end of the memory.
 */
import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, HeapExhaustedError } from '@x/tensor';

const GIB = 2 ** 30;

/** What is used of the backend: a tensor whose pages are never touched, and so cost nothing. */
interface Blocks {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  address(tensor: tf.TensorInfo): number;
}
const blocks = (): Blocks => tf.backend() as unknown as Blocks;
const hold = (bytes: number): tf.Tensor => tf.engine().makeTensorFromTensorInfo(blocks().makeOutput([bytes / 4], 'float32'));

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

const operations: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  write: () => random([1000], 1),
  matMul: () => tf.matMul(random([130, 70], 1), random([70, 90], 2)),
  matMulNT: () => tf.matMul(random([130, 70], 1), random([90, 70], 2), false, true),
  matMulTN: () => tf.matMul(random([70, 130], 1), random([70, 90], 2), true, false),
  matVec: () => tf.matMul(random([1, 700], 1), random([700, 90], 2)),
  batched: () => tf.matMul(random([3, 40, 20], 1), random([3, 20, 30], 2)),
  fused: () =>
    tf.fused.matMul({
      a: random([64, 100], 1) as tf.Tensor2D,
      b: random([100, 50], 2) as tf.Tensor2D,
      bias: random([50], 3),
      activation: 'relu',
    }),
  add: () => tf.add(random([100, 100], 1), random([100], 2)),
  large: () => tf.mul(random([600, 600], 1), random([600, 600], 2)),
  unary: () => tf.tanh(random([1000], 1)),
  sum: () => [tf.sum(random([50, 60], 1), 0), tf.sum(random([50, 60], 1), 1), tf.max(random([50, 60], 1))],
  softmax: () => tf.softmax(random([50, 60], 1)),
  transpose: () => tf.transpose(random([20, 30, 40], 1), [2, 0, 1]),
  slice: () => tf.slice(random([20, 30], 1), [3, 4], [10, 20]),
  concat: () => tf.concat([random([20, 30], 1), random([20, 10], 2)], 1),
  gather: () => tf.gather(random([20, 30], 1), tf.tensor1d([3, 1, 19], 'int32')),
  oneHot: () => tf.oneHot(tf.tensor1d([3, 1, 4], 'int32'), 7),
  cast: () => tf.cast(random([100], 1), 'int32'),
  greater: () => tf.where(tf.greater(random([100], 1), 0), random([100], 2), random([100], 3)),
  pad: () =>
    tf.pad(random([10, 10], 1), [
      [1, 2],
      [3, 4],
    ]),
  conv2d: () => tf.conv2d(random([2, 8, 8, 3], 1) as tf.Tensor4D, random([3, 3, 3, 5], 2) as tf.Tensor4D, 1, 'same'),
  maxPool: () => tf.maxPool(random([2, 8, 8, 3], 1) as tf.Tensor4D, 2, 2, 'valid'),
  gradient: () => tf.grad((x) => tf.sum(tf.relu(tf.matMul(x, random([70, 30], 2)))))(random([50, 70], 1)),
};

async function values(name: string): Promise<{ values: number[]; lowest: number }> {
  const results = [tf.tidy(operations[name] as () => tf.Tensor)].flat();
  const lowest = Math.min(...results.map((tensor) => blocks().address(tensor)));
  const read = results.flatMap((tensor) => [...tensor.dataSync()]);
  tf.dispose(results);
  return { values: read, lowest };
}

await enable();
const expected: Record<string, number[]> = {};
for (const name of Object.keys(operations)) expected[name] = (await values(name)).values;
await disable();

const runtime = await enable();
const limit = runtime.memory().limit;
const held: tf.Tensor[] = [];
while (runtime.memory().used < 3.5 * GIB) held.push(hold(GIB / 4));
// What is left below of blocks of each size class up to the largest that the operations use.
for (let bytes = 64; bytes <= 1 << 21; bytes += Math.max(64, bytes / 8)) {
  do held.push(hold(bytes));
  while (blocks().address(held.at(-1) as tf.Tensor) < 2 ** 31);
}

const differing: string[] = [];
let lowest = Number.POSITIVE_INFINITY;
for (const name of Object.keys(operations)) {
  const result = await values(name);
  lowest = Math.min(lowest, result.lowest);
  if (result.values.length !== expected[name]?.length || result.values.some((value, i) => value !== expected[name]?.[i]))
    differing.push(name);
}

// To the end: ever smaller blocks, until not even the smallest fits.
let highest = 0;
let refused = 0;
for (let bytes = GIB / 4; bytes >= 1 << 20; bytes /= 2) {
  try {
    for (;;) {
      const block = hold(bytes);
      highest = Math.max(highest, blocks().address(block) + bytes);
      held.push(block);
    }
  } catch (error) {
    if (!(error instanceof HeapExhaustedError)) throw error;
    refused++;
  }
}
// The last bytes hold values too.
const last = held.at(-1) as tf.Tensor;
const view = (tf.backend() as unknown as { typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array }).typedArrayFromHeap(last);
view.fill(0);
view[view.length - 1] = 42;
const final = last.dataSync().at(-1);
tf.dispose(held);
const after = (await values('matMul')).values.every((value, i) => value === expected['matMul']?.[i]);
// One block of more than 2 GiB, that must not end beyond the memory.
const big = hold(2.5 * GIB);
const end = blocks().address(big) + 2.5 * GIB;
big.dispose();

console.log(
  JSON.stringify({
    operations: Object.keys(operations).length,
    differing,
    lowest,
    highest,
    limit,
    refused,
    final,
    after,
    end,
    tensors: tf.memory().numTensors,
  }),
);

import type { Kernels } from '../runtime/kernels.ts';

/** Elements that a thread should get at least. */
const SHARE = 4096;

/** Rows of `n` values, from `x` to `to`. */
export interface Rows {
  readonly x: number;
  readonly to: number;
  readonly rows: number;
  readonly n: number;
}

/** to[i, j] = e^x[i, j] / sum over j of e^x[i, j]. */
export function softmax(kernels: Kernels, call: Rows): void {
  writeRows(kernels, call);
  run(kernels, 'f32_softmax', call);
}

/** to[i, j] = x[i, j] - log(sum over j of e^x[i, j]). */
export function logSoftmax(kernels: Kernels, call: Rows): void {
  writeRows(kernels, call);
  run(kernels, 'f32_log_softmax', call);
}

export interface CrossEntropy extends Rows {
  /** Address of a class per row, i32, or of `n` probabilities per row that sum to 1, f32. */
  readonly labels: number;
  readonly dense: boolean;
  /** Address of a loss per row. */
  readonly loss: number;
}

/** to = softmax(x), loss[i] = -sum over j of q[i, j]·log(to[i, j]), q being the labels as probabilities. A class that isn't one of `n` gives NaN. */
export function softmaxCrossEntropy(kernels: Kernels, call: CrossEntropy): void {
  const p = writeRows(kernels, call);
  const { words } = kernels.threads;
  words[p + 3] = call.labels;
  words[p + 4] = call.dense ? 1 : 0;
  words[p + 5] = call.loss;
  run(kernels, 'f32_softmax_cross_entropy', call);
}

export interface CrossEntropyGradient extends Rows {
  readonly labels: number;
  readonly dense: boolean;
  /** Address of the gradient of each row's loss. */
  readonly dy: number;
}

/** to[i, j] = dy[i]·(x[i, j] - q[i, j]), x being the softmax. */
export function softmaxCrossEntropyGradient(kernels: Kernels, call: CrossEntropyGradient): void {
  const p = writeRows(kernels, call);
  const { words } = kernels.threads;
  words[p + 3] = call.labels;
  words[p + 4] = call.dense ? 1 : 0;
  words[p + 6] = call.dy;
  run(kernels, 'f32_softmax_cross_entropy_gradient', call);
}

function writeRows({ threads }: Kernels, { x, to, n }: Rows): number {
  const p = threads.parameters();
  const { words } = threads;
  words[p] = x;
  words[p + 1] = to;
  words[p + 2] = n;
  return p;
}
function run(kernels: Kernels, name: string, { rows, n }: Rows): void {
  if (n > 0) kernels.threads.run(kernels.number(name), rows, Math.ceil(SHARE / n));
}

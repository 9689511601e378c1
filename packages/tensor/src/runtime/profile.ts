import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

/** One kernel call of a profiled run. Times are milliseconds since the run began. */
export interface ProfiledKernel {
  readonly name: string;
  readonly start: number;
  readonly duration: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Floating-point operations, for kernels that have a count; multiplications and additions each count one. */
  readonly flops: number;
  /** Bytes of the inputs and outputs, but for those that are the same values under another shape. */
  readonly bytes: number;
}

export interface ProfileSummary {
  readonly name: string;
  readonly calls: number;
  readonly milliseconds: number;
  readonly gflopsPerSecond: number;
  readonly bytes: number;
}

export interface Profile<T> {
  readonly result: T;
  /** Milliseconds of the whole run; what the kernels don't account for is JavaScript's. */
  readonly milliseconds: number;
  readonly kernels: readonly ProfiledKernel[];
  /** By kernel, the costliest first. */
  readonly summary: readonly ProfileSummary[];
  /** The run in Chrome's trace format, which Perfetto (ui.perfetto.dev) opens. */
  toTrace(): string;
}

const widths: Record<string, number> = { float32: 4, int32: 4, bool: 1 };
const elements = ({ shape }: TensorInfo): number => shape.reduce((product, size) => product * size, 1);
const describe = (tensor: TensorInfo): string => `${tensor.dtype}[${tensor.shape.join(',')}]`;

/** Watches kernel calls; costs one comparison a call while no run is profiled. */
export class Profiler {
  #calls: ProfiledKernel[] | undefined;
  #depth = 0;
  #began = 0;

  /** The kernel function, watched. */
  watch(name: string, run: KernelFunc): KernelFunc {
    return (call) => {
      // A kernel may call others inside; only the outer one is an operation of the program.
      if (this.#calls === undefined || this.#depth > 0) return run(call);
      this.#depth++;
      try {
        const start = performance.now();
        const result = run(call);
        const end = performance.now();
        const inputs = Object.values(call.inputs)
          .flat()
          .filter((tensor) => tensor != null) as TensorInfo[];
        const outputs = [result].flat() as TensorInfo[];
        this.#calls.push({
          name,
          start: start - this.#began,
          duration: end - start,
          inputs: inputs.map(describe),
          outputs: outputs.map(describe),
          flops: flops(name, inputs, outputs, call.attrs as Record<string, unknown> | undefined),
          bytes: bytes(inputs, outputs),
        });
        return result;
      } finally {
        this.#depth--;
      }
    };
  }

  async profile<T>(run: () => T | Promise<T>): Promise<Profile<T>> {
    if (this.#calls !== undefined) throw new Error('profile(run): a run is being profiled already; await it first.');
    const kernels: ProfiledKernel[] = [];
    this.#calls = kernels;
    this.#began = performance.now();
    try {
      const result = await run();
      const milliseconds = performance.now() - this.#began;
      return { result, milliseconds, kernels, summary: summarise(kernels), toTrace: () => trace(kernels) };
    } finally {
      this.#calls = undefined;
    }
  }
}

/** What is passed on as it is, as a reshaped tensor is, is neither read nor written. */
function bytes(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): number {
  const passedOn = new Set(inputs.map(({ dataId }) => dataId).filter((dataId) => outputs.some((output) => output.dataId === dataId)));
  const moved = [...inputs, ...outputs].filter(({ dataId }) => !passedOn.has(dataId));
  return moved.reduce((sum, tensor) => sum + elements(tensor) * (widths[tensor.dtype] ?? 0), 0);
}

function flops(
  name: string,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  attrs: Record<string, unknown> | undefined,
): number {
  const [a, b] = inputs;
  const [output] = outputs;
  if (!a || !output) return 0;
  switch (name) {
    case 'BatchMatMul':
    case '_FusedMatMul':
    case 'XLinear':
    case 'XActivatedLinear':
    case 'XLinearInputGrad': {
      const inner = (attrs?.['transposeA'] ? a.shape.at(-2) : a.shape.at(-1)) ?? 1;
      return 2 * elements(output) * inner;
    }
    case 'XLinearWeightGrad':
      return 2 * elements(a) * (b?.shape.at(-1) ?? 1);
    case 'Conv2D':
    case 'FusedConv2D': {
      const [height = 0, width = 0, depth = 0] = b?.shape ?? [];
      return 2 * elements(output) * height * width * depth;
    }
    default:
      return 0;
  }
}

function summarise(kernels: readonly ProfiledKernel[]): ProfileSummary[] {
  const byName = new Map<string, ProfiledKernel[]>(); // Node 20 has no Map.groupBy
  for (const kernel of kernels) {
    const calls = byName.get(kernel.name);
    if (calls) calls.push(kernel);
    else byName.set(kernel.name, [kernel]);
  }
  const rows = [...byName].map(([name, calls]) => {
    const sum = (of: (call: ProfiledKernel) => number): number => calls.reduce((total, call) => total + of(call), 0);
    const milliseconds = sum(({ duration }) => duration);
    const gflopsPerSecond = milliseconds > 0 ? sum(({ flops }) => flops) / milliseconds / 1e6 : 0;
    return { name, calls: calls.length, milliseconds, gflopsPerSecond, bytes: sum(({ bytes }) => bytes) };
  });
  return rows.sort((a, b) => b.milliseconds - a.milliseconds);
}

function trace(kernels: readonly ProfiledKernel[]): string {
  const track = { pid: 1, tid: 1 };
  const events = kernels.map(({ name, start, duration, inputs, outputs, flops, bytes }) => ({
    ...track,
    name,
    ph: 'X',
    ts: start * 1000,
    dur: duration * 1000,
    args: { inputs, outputs, flops, bytes },
  }));
  const name = { ...track, ph: 'M', name: 'thread_name', args: { name: "kernels of backend 'x'" } };
  return JSON.stringify({ traceEvents: [name, ...events], displayTimeUnit: 'ms' });
}

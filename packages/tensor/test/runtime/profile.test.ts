import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, type Profile, type Runtime } from '@x/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await enable();
});
afterAll(disable);

const work = (): number =>
  tf.tidy(() => {
    const a = tf.fill([70, 50], 1);
    const b = tf.fill([50, 90], 1);
    return tf.sum(tf.add(tf.relu(tf.matMul(a, b)), tf.matMul(a, b))).dataSync()[0] as number;
  });

it('gives what the run gave, and each kernel call in order', async () => {
  const { result, kernels } = await runtime.profile(work);
  expect(result).toBe(2 * 50 * 70 * 90);
  expect(kernels.map(({ name }) => name)).toEqual(['Fill', 'Fill', 'BatchMatMul', 'Relu', 'BatchMatMul', 'Add', 'Sum']);
});

it('counts the operations and bytes of a product, and the shapes', async () => {
  const { kernels } = await runtime.profile(work);
  expect(kernels.find(({ name }) => name === 'BatchMatMul')).toMatchObject({
    inputs: [expect.stringContaining('70,50'), expect.stringContaining('50,90')],
    outputs: [expect.stringContaining('70,90')],
    flops: 2 * 70 * 50 * 90,
    bytes: 4 * (70 * 50 + 50 * 90 + 70 * 90),
  });
});

it('has totals that add up', async () => {
  const { kernels, summary, milliseconds } = await runtime.profile(work);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  expect(total(summary.map(({ calls }) => calls))).toBe(kernels.length);
  expect(total(summary.map((row) => row.milliseconds))).toBeCloseTo(total(kernels.map(({ duration }) => duration)), 6);
  expect(total(summary.map(({ bytes }) => bytes))).toBe(total(kernels.map(({ bytes }) => bytes)));
  expect(total(kernels.map(({ duration }) => duration))).toBeLessThanOrEqual(milliseconds);
  const product = summary.find(({ name }) => name === 'BatchMatMul');
  expect(product).toMatchObject({ calls: 2 });
  expect((product?.gflopsPerSecond ?? 0) * (product?.milliseconds ?? 0) * 1e6).toBeCloseTo(2 * 2 * 70 * 50 * 90, 0);
  expect(summary.map((row) => row.milliseconds)).toEqual(summary.map((row) => row.milliseconds).sort((a, b) => b - a));
});

it('counts no bytes where none move', async () => {
  const { kernels } = await runtime.profile(() => tf.tidy(() => void tf.clone(tf.reshape(tf.fill([2, 3], 1), [6]))));
  expect(kernels.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['Fill', 4 * 6],
    ['Reshape', 0],
    ['Identity', 0],
  ]);
});

it('takes asynchronous runs', async () => {
  const { result, kernels } = await runtime.profile(async () => {
    const sum = tf.tidy(() => tf.sum(tf.fill([1000], 1)));
    const [value] = await sum.data();
    sum.dispose();
    return value;
  });
  expect(result).toBe(1000);
  expect(kernels.map(({ name }) => name)).toEqual(['Fill', 'Sum']);
});

it('sees nothing before or after the run', async () => {
  work();
  const profile = await runtime.profile(() => tf.tidy(() => void tf.fill([3], 1)));
  work();
  expect(profile.kernels).toHaveLength(1);
});

it('refuses a run inside a run, and goes on with the outer one', async () => {
  const outer = await runtime.profile(async () => {
    await expect(runtime.profile(() => 1)).rejects.toThrow(/being profiled already; await it first/);
    tf.tidy(() => void tf.fill([3], 1));
  });
  expect(outer.kernels).toHaveLength(1);
});

it('gives the error of a run that fails, and is ready for the next', async () => {
  await expect(
    runtime.profile(() => {
      throw new Error('no luck');
    }),
  ).rejects.toThrow('no luck');
  expect((await runtime.profile(work)).kernels).toHaveLength(7);
});

/** The rules of the trace event format (Google, "Trace Event Format", 2016) for the events that we write. */
function checkTrace(profile: Profile<unknown>): void {
  const trace = JSON.parse(profile.toTrace()) as { traceEvents: Record<string, unknown>[]; displayTimeUnit: string };
  expect(['ms', 'ns']).toContain(trace.displayTimeUnit);
  const complete = trace.traceEvents.filter(({ ph }) => ph === 'X');
  const metadata = trace.traceEvents.filter(({ ph }) => ph === 'M');
  expect(complete).toHaveLength(profile.kernels.length);
  expect(complete.length + metadata.length).toBe(trace.traceEvents.length);
  for (const { name, pid, tid } of trace.traceEvents) {
    expect(name).toEqual(expect.any(String));
    expect([pid, tid].every(Number.isInteger)).toBe(true);
  }
  for (const { name, args } of metadata) {
    expect(['process_name', 'process_labels', 'process_sort_index', 'thread_name', 'thread_sort_index']).toContain(name);
    expect(args).toMatchObject({ name: expect.any(String) });
  }
  // Complete events of a thread nest or follow each other; ours follow. Times are in microseconds.
  let end = 0;
  for (const { ts, dur, args } of complete as { ts: number; dur: number; args: object }[]) {
    expect(ts).toBeGreaterThanOrEqual(end - 1e-6);
    expect(dur).toBeGreaterThanOrEqual(0);
    expect(args).toBeTypeOf('object');
    end = ts + dur;
  }
  expect(end).toBeLessThanOrEqual(profile.milliseconds * 1000 + 1e-6);
}

it('writes a trace by the rules of its format', async () => {
  checkTrace(await runtime.profile(work));
  checkTrace(await runtime.profile(() => {}));
});

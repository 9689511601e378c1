import * as tf from '@tensorflow/tfjs-core';
import { disable, enable, type EnableOptions } from '@x/tensor';
import { afterEach, describe, expect, it } from 'vitest';

afterEach(disable);

const onesProduct = (): number => tf.tidy(() => tf.matMul(tf.ones([40, 30]), tf.ones([30, 50])).dataSync()[0] as number);

describe('enable', () => {
  it('registers and selects the backend, and says what it runs on', async () => {
    const { backend, tier, threads, limits } = await enable();
    expect(tf.getBackend()).toBe(backend);
    expect(['simd', 'relaxed', 'wide']).toContain(tier);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(limits).toBeInstanceOf(Array);
    expect(onesProduct()).toBe(30);
  });

  it('twice is one backend and one runtime, also when both are under way at once', async () => {
    const [first, second] = await Promise.all([enable({ threads: 1 }), enable({ threads: 1 })]);
    const backend = tf.findBackend('x');
    const third = await enable();
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(tf.findBackend('x')).toBe(backend);
  });

  it('again selects the backend again', async () => {
    await enable({ threads: 1 });
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    await enable();
    expect(tf.getBackend()).toBe('x');
  });

  it.each<[unknown, RegExp]>([
    [{ threads: 0 }, /threads: 0.*whole number from 1 to 64/],
    [{ threads: 1.5 }, /threads: 1\.5/],
    [{ threads: Number.NaN }, /threads: NaN/],
    [{ threads: '2' }, /threads: "2"/],
    [{ threads: 65 }, /threads: 65/],
    [{ tier: 'fast' }, /tier: "fast".*simd, relaxed, wide/],
    [{ tier: null }, /tier: null/],
    [{ heap: -1 }, /heap: -1.*32 MiB.*4 GiB/],
    [{ heap: Number.NaN }, /heap: NaN/],
    [{ heap: 2 ** 32 + 1 }, /heap: 4294967297/],
    [{ heap: '64 MiB' }, /heap: "64 MiB"/],
    [{ thread: 2 }, /\{ thread \}.*no such option; there are threads, tier, heap/],
    [{ worker: '' }, /worker: "" .*must be the URL of a copy of the package's @x\/tensor\/worker/],
    [{ worker: 5 }, /worker: 5 .*must be the URL/],
  ])('refuses %j by name, and nothing is registered', async (options, message) => {
    await expect(enable(options as EnableOptions)).rejects.toThrow(message);
    expect(tf.findBackendFactory('x')).toBeNull();
  });
});

describe('disable', () => {
  it('does nothing if nothing is enabled', async () => {
    await expect(disable()).resolves.toBeUndefined();
  });

  it('removes the backend, and enable brings a new one', async () => {
    const first = await enable({ threads: 2 });
    await disable();
    expect(tf.findBackendFactory('x')).toBeNull();
    expect(tf.getKernelsForBackend('x')).toEqual([]);
    const second = await enable({ threads: 2 });
    expect(second).not.toBe(first);
    expect(onesProduct()).toBe(30);
  });

  it('loses the tensors: using one on the new backend is an error, not a wrong value', async () => {
    await enable({ threads: 1 });
    const lost = tf.tensor1d([1, 2, 3]);
    await disable();
    await enable({ threads: 1 });
    const other = tf.tensor1d([7, 8, 9]);
    expect(() => lost.dataSync()).toThrow(/This tensor was lost when backend 'x' was disabled/);
    expect(() => tf.add(lost, other)).toThrow(/This tensor was lost when backend 'x' was disabled/);
    expect(() => lost.dispose()).not.toThrow();
    expect(other.dataSync()).toEqual(new Float32Array([7, 8, 9]));
    other.dispose();
  });

  it.each([1, 2])('and enable in any order, not awaited, leave the last one standing (%d threads)', async (threads) => {
    const calls = [enable({ threads }), disable(), enable({ threads }), disable(), disable(), enable({ threads })];
    const last = await calls.at(-1);
    await Promise.all(calls);
    expect(await enable()).toBe(last);
    expect(onesProduct()).toBe(30);
  });
});

it('a backend that was removed by tfjs itself is replaced by the next enable', async () => {
  const first = await enable({ threads: 2 });
  tf.removeBackend('x');
  expect(await enable({ threads: 2 })).not.toBe(first);
  expect(onesProduct()).toBe(30);
});

it("a reset of tfjs's engine loses the tensors, frees their memory and keeps the backend", async () => {
  const runtime = await enable({ threads: 1 });
  const { used } = runtime.memory();
  const lost = tf.zeros([1000]);
  tf.engine().reset();
  await tf.setBackend('x');
  expect(runtime.memory().used).toBe(used);
  expect(() => lost.dataSync()).toThrow("Cannot read properties of undefined (reading 'backend')");
  expect(onesProduct()).toBe(30);
});

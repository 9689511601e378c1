import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { disable, enable } from '../../src/index.ts';
import { expectAsOnCpu } from './against-cpu.ts';

afterAll(disable);

const z = (): Tensor => tf.complex(tf.tensor2d([1, -2, 3, 0.5, 5, -6], [2, 3]), tf.tensor2d([0.5, 4, -1, 2, 0, 7], [2, 3]));
const w = (): Tensor => tf.complex(tf.tensor1d([2, 0.25, -1]), tf.tensor1d([-1, 3, 0.5]));
const v = (): Tensor => tf.complex(tf.tensor2d([2, 0.25, -1, 7, 1, 1], [2, 3]), tf.tensor2d([-1, 3, 0.5, 0, 2, -2], [2, 3]));
const parts = (x: Tensor): Tensor[] => [tf.real(x), tf.imag(x)];

const operations: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  parts: () => parts(z()),
  'of integers': () => parts(tf.complex(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32'))),
  abs: () => tf.abs(z()),
  add: () => parts(tf.add(z(), v())),
  sub: () => parts(tf.sub(z(), v())),
  mul: () => parts(tf.mul(z(), v())),
  'mul by a real': () => parts(tf.mul(z(), tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]))),
  concat: () => parts(tf.concat([z(), z()], 1)),
  reshape: () => parts(tf.reshape(z(), [3, 2])),
  'to a real': () => tf.cast(z(), 'float32'),
  'from a real': () => parts(tf.cast(tf.tensor1d([1, 2]), 'complex64')),
  zerosLike: () => parts(tf.zerosLike(z())),
  onesLike: () => parts(tf.onesLike(z())),
  fft: () => parts(tf.spectral.fft(w())),
  'fft of rows': () => parts(tf.spectral.fft(z())),
  ifft: () => parts(tf.spectral.ifft(w())),
  rfft: () => parts(tf.spectral.rfft(tf.tensor1d([1, 2, 3, 4, 5, 6]))),
  irfft: () => tf.spectral.irfft(tf.spectral.rfft(tf.tensor1d([1, 2, 3, 4]))),
  stft: () => parts(tf.signal.stft(tf.linspace(0, 1, 20) as Tensor1D, 8, 4)),
};

test.for(Object.keys(operations))('complex, %s: as on the cpu backend', (name) => expectAsOnCpu(operations[name] as () => Tensor));

test('complex operands broadcast, which on tfjs’s cpu backend gives NaN', async () => {
  await enable();
  tf.tidy(() => {
    const rows = tf.tile(tf.reshape(w(), [1, 3]), [2, 1]);
    for (const f of [tf.add, tf.sub, tf.mul]) {
      expect(tf.real(f(z(), w()))).toBeAllclose(tf.real(f(z(), rows)));
      expect(tf.imag(f(z(), w()))).toBeAllclose(tf.imag(f(z(), rows)));
    }
  });
});

test('a complex tensor outlives what it was made of, and gives its memory back', async () => {
  const runtime = await enable();
  const before = [tf.memory().numTensors, tf.engine().backend.numDataIds(), runtime.memory().used];
  const [real, imag] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  const x = tf.complex(real, imag);
  tf.dispose([real, imag]);
  const re = tf.real(x);
  expect([...(await x.data())]).toEqual([1, 3, 2, 4]);
  x.dispose();
  expect([...re.dataSync()]).toEqual([1, 2]);
  re.dispose();
  expect([tf.memory().numTensors, tf.engine().backend.numDataIds(), runtime.memory().used]).toEqual(before);
});

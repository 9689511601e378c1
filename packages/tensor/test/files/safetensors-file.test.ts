import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assignVariables, dense, loadSafetensors, random, saveSafetensors, sequential, type Layer } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

let folder: string;
beforeEach(async () => {
  await useBackend('x wide');
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

const makeNet = (seed: number): Layer => {
  const [first, second] = random.split(random.key(seed), 2);
  return sequential([dense(3, 4, { key: first, activation: 'relu' }), dense(4, 2, { key: second })]);
};

test('a network saved and loaded into another computes the same bits', async () => {
  await expectNoLeak(async () => {
    const path = join(folder, 'model.safetensors');
    const [saved, other] = [makeNet(1), makeNet(2)];
    await saveSafetensors(path, saved.variables, { metadata: { epochs: '3' } });
    const { tensors, metadata } = await loadSafetensors(path);
    expect(metadata).toEqual({ epochs: '3' });
    assignVariables(other.variables, tensors);
    tf.dispose(tensors);
    tf.tidy(() => {
      const x = random.normal(random.key(3), [5, 3]);
      expect(other.apply(x).dataSync()).toEqual(saved.apply(x).dataSync());
    });
    saved.dispose();
    other.dispose();
  });
});

test('replaces a file, and leaves no other behind', async () => {
  const path = join(folder, 'a.safetensors');
  await writeFile(path, 'old');
  const x = tf.tensor1d([1, 2]);
  await saveSafetensors(path, { x });
  const { tensors } = await loadSafetensors(path);
  expect(tensors['x']).toBeAllclose([1, 2]);
  expect(await readdir(folder)).toEqual(['a.safetensors']);
  tf.dispose([x, tensors]);
});

test('a save that fails on its way leaves the old file as it was, and no other', async () => {
  const path = join(folder, 'a.safetensors');
  await writeFile(path, 'old');
  const [x, y] = [tf.zeros([4]), tf.zeros([4])];
  const saving = saveSafetensors(path, { x, y });
  // Checked as live at the call, but gone when its turn comes.
  y.dispose();
  await expect(saving).rejects.toThrow('disposed');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a.safetensors']);
  x.dispose();
});

test("a folder that isn't there, and a file that is no safetensors file, are named", async () => {
  const x = tf.zeros([1]);
  await expect(saveSafetensors(join(folder, 'none', 'a'), { x })).rejects.toThrow('none');
  await expect(loadSafetensors(join(folder, 'none'))).rejects.toThrow('none');
  const path = join(folder, 'short');
  await writeFile(path, 'abc');
  await expect(loadSafetensors(path)).rejects.toThrow(`${path}: The file has 3 bytes`);
  await writeFile(path, new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 1]));
  await expect(loadSafetensors(path)).rejects.toThrow('more than the 100000000 allowed');
  await expect(loadSafetensors('')).rejects.toThrow('path is ""');
  x.dispose();
});

test("tensors that don't fit a network are refused, and nothing is changed", () => {
  expectNoLeak(() => {
    const net = makeNet(1);
    const read = (): number[] => Object.values(net.variables).flatMap((variable) => [...variable.dataSync()]);
    const before = read();
    const right = Object.fromEntries(Object.entries(net.variables).map(([name, { shape }]) => [name, tf.ones(shape)]));
    const [wide, whole] = [tf.ones([3, 5]), tf.ones([4], 'int32')];
    const { '0.bias': _bias, ...fewer } = right;
    expect(() => assignVariables(net.variables, fewer)).toThrow('no tensor for the variables 0.bias');
    expect(() => assignVariables(net.variables, { ...right, extra: wide })).toThrow('no variable for the tensors extra');
    expect(() => assignVariables(net.variables, { ...right, '0.weight': wide })).toThrow(
      "tensors['0.weight'] is float32[3, 5], but its shape must be [3, 4]",
    );
    expect(() => assignVariables(net.variables, { ...right, '0.bias': whole })).toThrow(
      "tensors['0.bias'] is int32[4], but its dtype must be float32",
    );
    expect(read()).toEqual(before);
    tf.dispose([right, wide, whole]);
    net.dispose();
  });
});

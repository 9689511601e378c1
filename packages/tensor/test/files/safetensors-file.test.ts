import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  assignVariables,
  dense,
  disposeState,
  loadSafetensors,
  random,
  saveSafetensors,
  sequential,
  sgd,
  type Layer,
} from '../../src/index.ts';
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

test('what is saved is as it was at the call, whatever happens to the tensors meanwhile', async () => {
  await expectNoLeak(async () => {
    const path = join(folder, 'a.safetensors');
    const [x, gradient, w] = [tf.ones([1000]), tf.ones([1000]), tf.tidy(() => tf.variable(tf.zeros([1000])))];
    const optimizer = sgd({ learningRate: 1 });
    const state = optimizer.init({ w });
    const saving = saveSafetensors(path, { x, w });
    x.dispose();
    optimizer.update({ w }, { w: gradient }, state);
    await saving;
    const { tensors } = await loadSafetensors(path);
    expect([...tensors['x']!.dataSync()]).toEqual(Array(1000).fill(1));
    expect([...tensors['w']!.dataSync()]).toEqual(Array(1000).fill(0));
    expect(w.dataSync()[0]).toBe(-1);
    tf.dispose(Object.values(tensors));
    disposeState(state);
    tf.dispose([w, gradient]);
  });
});

test('a save that fails leaves what was there as it was, and no file beside it', async () => {
  await expectNoLeak(async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'inner'), { recursive: true });
    const x = tf.zeros([4]);
    await expect(saveSafetensors(path, { x })).rejects.toThrow(
      expect.objectContaining({
        name: 'FileWriteError',
        path,
        message: expect.stringMatching(/'.*taken' \(\d+ bytes\) couldn't be written/),
      }),
    );
    expect(await readdir(folder)).toEqual(['taken']);
    x.dispose();
  });
});

test("a folder that isn't there, and a file that is no safetensors file, are named", async () => {
  const x = tf.zeros([1]);
  await expect(saveSafetensors(join(folder, 'none', 'a'), { x })).rejects.toThrow('its folder is not there (ENOENT); make it first');
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

test('temporary files of processes that are no more are removed, those of others are not', async () => {
  const path = join(folder, 'a.safetensors');
  const child = spawnSync(process.execPath, ['-e', '']);
  const [dead, alive] = [child.pid, process.ppid];
  const names = {
    dead: `a.safetensors.${hostname()}.${dead}.0123abcd.tmp`,
    ownOfBefore: `a.safetensors.${hostname()}.${process.pid}.0123abcd.tmp`,
    own: `a.safetensors.${hostname()}.${process.pid}.0123abce.tmp`,
    alive: `a.safetensors.${hostname()}.${alive}.0123abcd.tmp`,
    elsewhere: `a.safetensors.another.${dead}.0123abcd.tmp`,
    ofAnother: `b.safetensors.${hostname()}.${dead}.0123abcd.tmp`,
    noneOfOurs: `a.safetensors.${hostname()}.${dead}.tmp`,
  };
  for (const name of Object.values(names)) await writeFile(join(folder, name), '');
  await utimes(join(folder, names.ownOfBefore), 0, 0);
  const x = tf.zeros([1]);
  await saveSafetensors(path, { x });
  x.dispose();
  const { dead: _dead, ownOfBefore: _before, ...kept } = names;
  expect((await readdir(folder)).sort()).toEqual(['a.safetensors', ...Object.values(kept)].sort());
});

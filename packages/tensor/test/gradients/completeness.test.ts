import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as gradients from '../../src/gradients/index.ts';
import { registerGradients } from '../../src/gradients/register.ts';
import { rows } from './rows/index.ts';

/** Names of the kernels that tfjs-core registers gradients for, read from its own distribution. */
function kernelsOfTfjs(): string[] {
  const dist = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json')), 'dist');
  const list = readFileSync(join(dist, 'register_all_gradients.js'), 'utf8');
  const constants = tf as unknown as Record<string, string>;
  return [...list.matchAll(/from '\.\/(gradients\/\w+)'/g)].map(([, file]) => {
    const source = readFileSync(join(dist, `${file}.js`), 'utf8');
    const constant = /kernelName: (\w+)/.exec(source)?.[1] ?? '';
    const name = constants[constant];
    if (name === undefined) throw new Error(`${file}: no kernel name found in tfjs-core's own file`);
    return name;
  });
}

const ours: readonly tf.GradConfig[] = Object.values(gradients);
const tested = new Set(rows.map(({ kernel }) => kernel));

test('tfjs-core registers about a hundred gradients, so its files were read aright', () => {
  expect(new Set(kernelsOfTfjs()).size).toBeGreaterThan(95);
});

test('every kernel that tfjs has a gradient for is registered, and has a row in the contract', () => {
  registerGradients();
  const names = kernelsOfTfjs();
  expect(names.filter((name) => tf.getGradient(name) == null)).toEqual([]);
  expect(names.filter((name) => !tested.has(name))).toEqual([]);
});

test('every gradient of ours has a row in the contract and is exported once', () => {
  const names = ours.map(({ kernelName }) => kernelName);
  expect(names.filter((name) => !tested.has(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test('registering replaces none that is there and can be repeated', () => {
  const own = { kernelName: tf.Square, gradFunc: () => ({}) };
  tf.unregisterGradient(tf.Square);
  tf.registerGradient(own);
  registerGradients();
  expect(tf.getGradient(tf.Square)).toBe(own);
  tf.unregisterGradient(tf.Square);
  registerGradients();
  registerGradients();
  expect(tf.getGradient(tf.Square)).toBe(gradients.squareGradient);
});

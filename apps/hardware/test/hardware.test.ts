import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fromLayers, hardwareLibrary } from '@x/hwsim';
import { enable, saveSafetensors } from '@x/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { costsOf } from '../src/costs.ts';
import { parseOptions } from '../src/options.ts';
import { run } from '../src/run.ts';
import { networkOf } from '../src/trained-network.ts';
import { variantsOf } from '../src/variants.ts';

const folder = mkdtempSync(join(tmpdir(), 'hardware-'));
afterAll(() => rmSync(folder, { recursive: true }));

const perceptron = { '0.weight': [784, 64], '0.bias': [64], '1.weight': [64, 10], '1.bias': [10] };

describe('networkOf', () => {
  it('makes the demo’s networks again from the shapes of their tensors', async () => {
    await (await enable()).load('sparse');
    const cnn = networkOf(
      {
        ...{ '1.weight': [3, 3, 1, 32], '1.bias': [32], '3.weight': [3, 3, 32, 64], '3.bias': [64] },
        ...{ '6.weight': [1600, 128], '6.bias': [128], '7.weight': [128, 10], '7.bias': [10] },
      },
      784,
    );
    expect(fromLayers(cnn, [1, 784]).layers.map(({ operation }) => operation.type)).toEqual([
      'conv',
      'elementwise',
      'conv',
      'elementwise',
      'gemm',
      'gemm',
    ]);
    const sparse = networkOf({ '0.values': [2508], '0.bias': [64], '1.weight': [64, 10] }, 784);
    expect(fromLayers(sparse, [1, 784]).layers[0]!.weights!.density).toMatchObject({ kind: 'unstructured', density: 2508 / (784 * 64) });
    expect(() => networkOf({ '0.gamma': [3] }, 784)).toThrow('layer 0 aren');
    cnn.dispose();
    sparse.dispose();
  });
});

describe('costs', () => {
  it('are those of four variants on every chip that computes them; fewer bits and weights never cost more memory', async () => {
    await enable();
    const net = networkOf(perceptron, 784);
    const variants = variantsOf(fromLayers(net, [1, 784]), 0.1);
    net.dispose();
    expect(variants.map(({ name }) => name)).toEqual(['dense f32', 'dense int8', 'sparse 10 % f32', 'sparse 10 % int8']);
    const costs = costsOf(variants, 4);
    for (const { name, peak } of hardwareLibrary) {
      const of = (variant: string): { memory: number; time: number } | undefined =>
        costs.find((c) => c.chip === name && c.variant === variant);
      expect(of('dense int8')).toBeDefined();
      expect(of('dense f32') !== undefined).toBe(peak.f32 !== undefined);
      expect(of('sparse 10 % int8')!.memory).toBeLessThan(of('dense int8')!.memory);
      if (!of('dense f32')) continue;
      expect(of('dense int8')!.memory).toBeLessThan(of('dense f32')!.memory);
      expect(of('sparse 10 % f32')!.time).toBeLessThanOrEqual(of('dense f32')!.time);
    }
  });
});

describe('npm run hardware', () => {
  it('prints a table and writes a page and its numbers from what the demo left', async () => {
    await enable();
    const tensors = Object.fromEntries(Object.entries(perceptron).map(([name, shape]) => [name, tf.zeros(shape)]));
    await saveSafetensors(join(folder, 'model.safetensors'), tensors);
    tf.dispose(tensors);
    writeFileSync(
      join(folder, 'report.json'),
      JSON.stringify({ options: { model: 'mlp' }, network: { layers: '784-64-10' }, test: { accuracy: 0.87 } }),
    );
    const said: string[] = [];
    const out = join(folder, 'results');
    await run({ models: [folder], batch: 1, density: 0.1, out }, (line) => said.push(line));
    const text = said.join('\n');
    expect(text).toContain('mlp: 784-64-10, 87.00 % of test images right');
    for (const { name } of hardwareLibrary) expect(text).toContain(name);
    const html = readFileSync(join(out, 'hardware.html'), 'utf8');
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).not.toContain('<script');
    const { networks } = JSON.parse(readFileSync(join(out, 'hardware.json'), 'utf8')) as { networks: { costs: unknown[] }[] };
    expect(networks[0]!.costs.length).toBeGreaterThan(4 * (hardwareLibrary.length - 2));
  });
  it('says how to train a network where there is none', async () => {
    await expect(run({ models: [join(folder, 'none')], batch: 1, density: 0.1, out: folder }, () => {})).rejects.toThrow(
      'npm run demo -- --no-compare --out',
    );
  });
  it.each([
    ['--batch', '0', 'Give a whole number'],
    ['--density', '1.5', 'Give a part between 0 and 1'],
    ['--models', ',', 'Give at least one directory'],
  ])('refuses %s %s', (option, value, message) => expect(() => parseOptions([option, value])).toThrow(message));
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { loadTfjsWeights } from '@x/tensor/import';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quantizeArtifacts, tfjsFiles } from '../src/index.ts';
import { useBackend } from './backends.ts';

let folder: string;
let artifacts: tf.io.ModelArtifacts;
let model: layers.LayersModel;
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'tfjs-'));
  model = layers.sequential({
    layers: [
      layers.layers.dense({
        units: 24,
        inputShape: [16],
        activation: 'relu',
        kernelInitializer: layers.initializers.glorotUniform({ seed: 1 }),
      }),
      layers.layers.dense({ units: 5, kernelInitializer: layers.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given) };
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('a tfjs model with weights in fewer bits', () => {
  test.each([
    ['uint8', 1, 1 / 255],
    ['uint16', 2, 1 / 65_535],
    ['float16', 2, 2 ** -10],
  ] as const)('of %s is read by tfjs from its files, and by loadTfjsWeights', async (dtype, bytes, step) => {
    const files = tfjsFiles(quantizeArtifacts(artifacts, { dtype }));
    expect(files['group1-shard1of1.bin']!.length).toBe(bytes * (16 * 24 + 24 + 24 * 5 + 5));
    const fetchFunc = async (url: string): Promise<Response> => new Response(files[url.split('/').at(-1)!]);
    const loaded = await layers.loadLayersModel(tf.io.http('https://models.example/model.json', { fetchFunc: fetchFunc as never }));
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const { tensors } = await loadTfjsWeights(join(folder, 'model.json'));
    model.getWeights().forEach((weight, index) => {
      const [original, theirs] = [weight.dataSync(), loaded.getWeights()[index]!.dataSync()];
      const range = Math.max(...original) - Math.min(...original);
      const most = dtype === 'float16' ? step * Math.max(...original.map(Math.abs)) : 0.5001 * step * range;
      original.forEach((value, at) => expect(Math.abs(theirs[at]! - value)).toBeLessThanOrEqual(most));
      expect(Object.values(tensors)[index]!.dataSync()).toEqual(theirs);
    });
    tf.dispose(tensors);
    loaded.dispose();
  });

  test('keeps 0, equal values, and what is left out', () => {
    const own = (values: readonly number[], name = 'w'): tf.io.ModelArtifacts => ({
      weightSpecs: [{ name, shape: [values.length], dtype: 'float32' }],
      weightData: Float32Array.from(values).buffer,
    });
    const again = (quantized: tf.io.ModelArtifacts): number[] => [
      ...tf.io.decodeWeights(quantized.weightData as ArrayBuffer, quantized.weightSpecs!)['w']!.dataSync(),
    ];
    expect(again(quantizeArtifacts(own([-0.7, 0, 0, 1.9])))[1]).toBe(0);
    expect(again(quantizeArtifacts(own([0.3, 0.3])))).toEqual([Math.fround(0.3), Math.fround(0.3)]);
    expect(again(quantizeArtifacts(own([])))).toEqual([]);
    expect(quantizeArtifacts(own([0.1, 0.2]), { include: () => false })).toEqual(own([0.1, 0.2]));
  });

  test('large ones are in shards', () => {
    const weightSpecs = [{ name: 'w', shape: [3, 1_000_000], dtype: 'float32' as const }];
    const files = tfjsFiles({ weightSpecs, weightData: new ArrayBuffer(12_000_000) });
    expect(
      Object.entries(files)
        .map(([name, { length }]) => [name, length])
        .slice(1),
    ).toEqual([
      ['group1-shard1of3.bin', 4_194_304],
      ['group1-shard2of3.bin', 4_194_304],
      ['group1-shard3of3.bin', 3_611_392],
    ]);
  });

  const spec = { name: 'w', shape: [2], dtype: 'float32' as const };
  test.each<[() => unknown, RegExp]>([
    [() => quantizeArtifacts({}), /must have weightSpecs and weightData/],
    [() => quantizeArtifacts(artifacts, { dtype: 'int8' as never }), /dtype is "int8"/],
    [() => quantizeArtifacts({ weightSpecs: [spec], weightData: new ArrayBuffer(4) }), /end of weight 'w' is 8.*at most 4/],
    [() => quantizeArtifacts({ weightSpecs: [spec], weightData: new ArrayBuffer(12) }), /weightData has 12 bytes.*takes 8/],
    [() => quantizeArtifacts({ weightSpecs: [spec], weightData: Float32Array.of(1, NaN).buffer }), /'w' has NaN at 1/],
    [
      () => quantizeArtifacts({ weightSpecs: [spec], weightData: Float32Array.of(1, 7e4).buffer }, { dtype: 'float16' }),
      /'w' has 70000, beyond/,
    ],
    [() => quantizeArtifacts(quantizeArtifacts(artifacts)), /is quantized already/],
    [() => tfjsFiles({ weightSpecs: [{ ...spec, dtype: 'string' }], weightData: new ArrayBuffer(4) }), /dtype "string"/],
  ])('refuses %s', (run, message) => {
    expect(run).toThrow(message);
  });
});

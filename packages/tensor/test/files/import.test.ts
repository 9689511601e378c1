import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  attention,
  batchNormLayer,
  conv2d,
  conv2dTranspose,
  decodeSafetensors,
  dense,
  depthwiseConv2d,
  encodeSafetensors,
  layerNormLayer,
  packRaw,
  random,
  residual,
  sequential,
  type Layer,
  type RawTensor,
} from '../../src/index.ts';
import { importWeights, loadTfjsWeights, TfjsModelError } from '../../src/import.ts';
import { gru, lstm } from '../../src/recurrent.ts';
import { useBackend } from '../backends.ts';
import { golden } from '../golden/golden.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'import-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case {
  readonly names: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  readonly x: { readonly shape: number[]; readonly values: number[] };
  readonly y: { readonly shape: number[]; readonly values: number[] };
}

const key = random.key(1);
const nets: Readonly<Record<string, () => Layer>> = {
  cnn: () =>
    sequential([
      conv2d(2, 4, [3, 2], { key, padding: 'valid' }),
      batchNormLayer(4),
      depthwiseConv2d(4, 2, { multiplier: 2, key, padding: 'valid' }),
      conv2dTranspose(8, 3, 2, { strides: 2, key }),
    ]),
  mlp: () => sequential([dense(5, 5, { activation: 'relu', key }), dense(5, 3, { key })]),
  block: () => residual([layerNormLayer(8), attention(8, { heads: 2, key })]),
  rnn: () => sequential([lstm(3, 4, { key }), gru(4, 2, { key })]),
};

describe('weights made by PyTorch', () => {
  const cases = Object.entries(golden<{ cases: Record<string, Case> }>('import').cases);
  test.each(cases)('%s: by way of a safetensors file, the network computes what PyTorch computes', async (name, { names, state, x, y }) => {
    await expectNoLeak(async () => {
      // A file as PyTorch's tools write it; the counts are integers of 64 bits.
      const file = await encodeSafetensors(
        Object.fromEntries(
          Object.entries(state).map(([key, { shape, values }]) => [
            key,
            key.endsWith('num_batches_tracked') ? packRaw('I64', shape, values.map(BigInt)) : packRaw('F32', shape, values),
          ]),
        ),
      );
      const { tensors, raw } = decodeSafetensors(file);
      const net = nets[name]!();
      importWeights(net, { ...tensors, ...raw }, { names });
      const result = tf.tidy(() => net.apply(tf.tensor(x.values, x.shape)));
      expect(result).toBeAllclose(tf.tidy(() => tf.tensor(y.values, y.shape).arraySync()) as number[], { rtol: 1e-5, atol: 1e-6 });
      tf.dispose([result, Object.values(tensors)]);
      net.dispose();
    });
  });

  test('the second bias of an LSTM is missed by name', () => {
    const net = nets['rnn']!();
    const { names, state } = golden<{ cases: Record<string, Case> }>('import').cases['rnn']!;
    const fewer = Object.fromEntries(Object.entries(state).map(([name, { shape, values }]) => [name, packRaw('F32', shape, values)]));
    delete fewer['first.bias_hh_l0'];
    expectNoLeak(() =>
      expect(() => importWeights(net, fewer, { names })).toThrow(
        "'first.bias_hh_l0' is not there, but is added to 'first.bias_ih_l0', [16]",
      ),
    );
    net.dispose();
  });

  test('a container that does not show its parts is refused', () => {
    const shown = nets['block']!();
    const { parts: _, ...hidden } = shown;
    expect(() => importWeights(hidden, {})).toThrow("'inner.0.gamma' is inside a layer of kind 'residual' that doesn't show its parts");
    shown.dispose();
  });

  test('what is missing, too much, or of another shape is told by name, and nothing is changed', () => {
    expectNoLeak(() => {
      const net = nets['mlp']!();
      const before = Object.values(net.variables).map((variable) => variable.dataSync().slice());
      const right: Record<string, RawTensor> = {
        'a.weight': packRaw('F32', [5, 5], Array(25).fill(1)),
        'a.bias': packRaw('BF16', [5], [1, 2, 3, 4, 5]),
        '1.weight': packRaw('F16', [3, 5], Array(15).fill(0.5)),
        '1.bias': packRaw('F64', [3], [1, 2, 3]),
      };
      const names = { '0': 'a' };
      const { 'a.bias': _, ...fewer } = right;
      expect(() => importWeights(net, fewer, { names })).toThrow("there is no 'a.bias' for dense's 0.bias");
      expect(() => importWeights(net, right)).toThrow("there is no '0.weight'");
      expect(() => importWeights(net, { ...right, extra: right['1.bias']! }, { names })).toThrow('extra belong to no variable');
      expect(() => importWeights(net, { ...right, '1.weight': packRaw('F32', [5, 3], Array(15).fill(0)) }, { names })).toThrow(
        "'1.weight' is [5, 3], which gives [3, 5], but 1.weight is [5, 3]",
      );
      expect(() => importWeights(net, { ...right, '1.bias': packRaw('I32', [3], [1, 2, 3]) }, { names })).toThrow(
        'a tensor is int32[3], but its variable float32',
      );
      expect(() => importWeights(net, right, { names: { '7': 'a' } })).toThrow('names has 7, but the layers with variables are 0, 1');
      expect(() => importWeights(net, right, { from: 'jax' as never })).toThrow('from is "jax"');
      expect(Object.values(net.variables).map((variable) => variable.dataSync().slice())).toEqual(before);
      importWeights(net, { ...right, extra: right['1.bias']! }, { names, partial: true });
      expect([...net.variables['0.bias']!.dataSync(), ...net.variables['1.bias']!.dataSync()]).toEqual([1, 2, 3, 4, 5, 1, 2, 3]);
      net.dispose();
    });
  });
});

const join1 = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe("weights of tfjs's models", () => {
  // As tensorflowjs/quantization.py has it: q = round((x - min) / scale) for the nudged min, x = q · scale + min.
  const quantized = (values: number[], most: number): { min: number; scale: number; q: number[] } => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const scale = (high - low) / most;
    const min = -Math.round(-low / scale) * scale;
    return { min, scale, q: values.map((value) => Math.round((value - min) / scale)) };
  };
  const kernel = [-1, -0.5, 0, 0.25, 0.5, 2];
  const eight = quantized(kernel, 255);
  const sixteen = quantized([-3, 1, 0], 65_535);
  const half = packRaw('F16', [2], [0.1, -1000]);
  const weights = [
    {
      name: 'dense_1/kernel',
      shape: [2, 3],
      dtype: 'float32',
      quantization: { dtype: 'uint8', min: eight.min, scale: eight.scale, original_dtype: 'float32' },
    },
    { name: 'dense_1/bias', shape: [3], dtype: 'float32', quantization: { dtype: 'uint16', min: sixteen.min, scale: sixteen.scale } },
  ];
  const others = [
    { name: 'half', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } },
    { name: 'plain', shape: [2, 1], dtype: 'float32' },
    { name: 'steps', shape: [], dtype: 'int32' },
    { name: 'flag', shape: [3], dtype: 'bool' },
  ];
  const model = {
    format: 'layers-model',
    modelTopology: { layers: [] },
    weightsManifest: [
      { paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights },
      { paths: ['sub/group2.bin'], weights: others },
    ],
  };
  const first = join1(Uint8Array.from(eight.q), bytesOf(Uint16Array.from(sixteen.q)));
  const second = join1(half.bytes, bytesOf(Float32Array.of(1.5, -2)), bytesOf(Int32Array.of(7)), Uint8Array.of(1, 0, 1));
  const write = async (name: string, content: unknown): Promise<string> => {
    const place = join(folder, name);
    await mkdir(join(place, 'sub'), { recursive: true });
    await writeFile(join(place, 'model.json'), typeof content === 'string' ? content : JSON.stringify(content));
    // The cut between the files goes through a weight.
    await writeFile(join(place, 'group1-shard1of2.bin'), first.subarray(0, 7));
    await writeFile(join(place, 'group1-shard2of2.bin'), first.subarray(7));
    await writeFile(join(place, 'sub/group2.bin'), second);
    return join(place, 'model.json');
  };

  test('of every way they are stored, from several files, into layers', async () => {
    await expectNoLeak(async () => {
      const { format, tensors, topology } = await loadTfjsWeights(await write('good', model));
      expect([format, topology]).toEqual(['layers-model', { layers: [] }]);
      expect([...tensors['dense_1/kernel']!.dataSync()]).toBeAllclose(kernel, { atol: eight.scale / 2 + 1e-6, rtol: 0 });
      expect([...tensors['dense_1/kernel']!.dataSync()]).toEqual(eight.q.map((q) => Math.fround(q * eight.scale + eight.min)));
      expect([...tensors['dense_1/bias']!.dataSync()]).toEqual(sixteen.q.map((q) => Math.fround(q * sixteen.scale + sixteen.min)));
      expect([...tensors['half']!.dataSync()]).toEqual([0.0999755859375, -1000]);
      expect([tensors['steps']!.dtype, tensors['steps']!.dataSync()[0], ...tensors['flag']!.dataSync()]).toEqual(['int32', 7, 1, 0, 1]);
      const net = sequential([dense(2, 3, { key: random.key(0) })]);
      importWeights(net, tensors, { from: 'keras', names: { '0': 'dense_1' }, partial: true });
      expect([...net.variables['0.weight']!.dataSync()]).toEqual([...tensors['dense_1/kernel']!.dataSync()]);
      net.dispose();
      tf.dispose(Object.values(tensors));
    });
  });

  const change = (index: number, part: object): object => ({
    ...model,
    weightsManifest: model.weightsManifest.map((group, at) => (at === index ? { ...group, ...part } : group)),
  });
  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'no JSON'],
    ['no list of weights', { format: 'graph-model' }, 'weightsManifest is undefined'],
    ['a file too few', change(0, { paths: ['group1-shard1of2.bin'] }), 'have 7 bytes, but their weights take 12'],
    ['a file elsewhere', change(1, { paths: ['../other/group2.bin'] }), 'must be the name of one beside it'],
    ['a file of another server', change(1, { paths: ['http://a/b'] }), 'must be the name of one beside it'],
    [
      'a weight twice',
      change(1, {
        weights: [
          { name: 'a', shape: [7], dtype: 'bool' },
          { name: 'a', shape: [7], dtype: 'bool' },
        ],
        paths: ['group1-shard1of2.bin', 'group1-shard1of2.bin'],
      }),
      "two weights are called 'a'",
    ],
    ['a weight that is none', change(1, { weights: [others[1], null] }), 'a weight, undefined, has the shape undefined'],
    [
      'a name that is taken',
      change(0, { weights: JSON.parse('[{ "name": "__proto__", "shape": [3], "dtype": "float32" }]') as unknown }),
      "called '__proto__'",
    ],
    [
      'a dtype that is only stored',
      change(0, {
        weights: [
          { name: 'a', shape: [2], dtype: 'float32' },
          { name: 'b', shape: [4], dtype: 'uint8' },
        ],
      }),
      "Unsupported dtype in weight 'b': uint8",
    ],
    ['a shape that is none', change(1, { weights: [{ name: 'a', shape: [-1], dtype: 'float32' }] }), 'a weight, "a", has the shape [-1]'],
    [
      'an absurd shape',
      change(1, { weights: [{ name: 'a', shape: [2 ** 40, 2 ** 40], dtype: 'float32' }] }),
      "'a' of shape [1099511627776, 1099511627776] is beyond counting",
    ],
    ['a large shape', change(1, { weights: [{ name: 'a', shape: [2 ** 40], dtype: 'float32' }] }), 'but their weights take 4398046511104'],
    ['an unknown dtype', change(1, { weights: [{ name: 'a', shape: [1], dtype: 'float64' }] }), '\'a\' is of dtype "float64"'],
    [
      'no scale',
      change(1, { weights: [{ name: 'a', shape: [1], dtype: 'float32', quantization: { dtype: 'uint8', min: 0 } }] }),
      'scale undefined',
    ],
  ])('%s is refused, and no tensor left', async (name, content, message) => {
    const path = await write(name.replaceAll(' ', '-'), content);
    await expectNoLeak(async () => {
      const error = await loadTfjsWeights(path).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error).toBeInstanceOf(TfjsModelError);
      expect(error!.message).toContain(message);
    });
  });
});

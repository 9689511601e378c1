import { reshape, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';

/** Whose names and orders of axes tensors have. */
export type ConventionName = 'pytorch' | 'keras';

/** Where a layer's variable comes from. */
export interface Source {
  /** Its name there, after the layer's. */
  readonly name: string;
  /** Order of their axes that gives ours; not given where it is the same. */
  readonly axes?: readonly number[];
  /** Name of another, where ours is the sum of both. */
  readonly plus?: string;
  /** Whether their first axis is channels times multiplier, and the second of size 1. */
  readonly depthwise?: boolean;
}

/** The variables of each kind of layer; those of kinds that aren't here have our names and axes. */
export type Convention = Readonly<Record<string, Readonly<Record<string, Source>>>>;

const bias: Source = { name: 'bias' };
const gamma = (weight: string, offset: string): Readonly<Record<string, Source>> => ({ gamma: { name: weight }, beta: { name: offset } });
const stateWeights: Readonly<Record<string, Source>> = {
  weight: { name: 'weight_ih_l0', axes: [1, 0] },
  recurrent: { name: 'weight_hh_l0', axes: [1, 0] },
};
const imageAxes = [2, 3, 1, 0] as const;

/**
 * PyTorch's modules: linear weights [outputs, inputs], convolutions' [outputs, inputs, height, width], transposed ones'
 * [inputs, outputs, height, width]; so they are in ONNX models that PyTorch exports.
 */
const pytorch: Convention = {
  dense: { weight: { name: 'weight', axes: [1, 0] }, bias },
  conv1d: { weight: { name: 'weight', axes: [2, 1, 0] }, bias },
  conv2d: { weight: { name: 'weight', axes: imageAxes }, bias },
  conv2dTranspose: { weight: { name: 'weight', axes: imageAxes }, bias },
  depthwiseConv2d: { weight: { name: 'weight', depthwise: true }, bias },
  batchNorm: { ...gamma('weight', 'bias'), mean: { name: 'running_mean' }, variance: { name: 'running_var' } },
  layerNorm: gamma('weight', 'bias'),
  groupNorm: gamma('weight', 'bias'),
  rmsNorm: gamma('weight', 'bias'),
  attention: {
    'qkv.weight': { name: 'in_proj_weight', axes: [1, 0] },
    'qkv.bias': { name: 'in_proj_bias' },
    'out.weight': { name: 'out_proj.weight', axes: [1, 0] },
    'out.bias': { name: 'out_proj.bias' },
  },
  lstm: { ...stateWeights, bias: { name: 'bias_ih_l0', plus: 'bias_hh_l0' } },
  gru: { ...stateWeights, bias: { name: 'bias_ih_l0' }, recurrentBias: { name: 'bias_hh_l0' } },
};

/** Keras's layers, in tfjs's models: the axes are ours. */
const keras: Convention = {
  dense: { weight: { name: 'kernel' }, bias },
  conv1d: { weight: { name: 'kernel' }, bias },
  conv2d: { weight: { name: 'kernel' }, bias },
  conv2dTranspose: { weight: { name: 'kernel' }, bias },
  depthwiseConv2d: { weight: { name: 'depthwise_kernel' }, bias },
  embedding: { weight: { name: 'embeddings' } },
  lstm: { weight: { name: 'kernel' }, recurrent: { name: 'recurrent_kernel' }, bias },
  batchNorm: { ...gamma('gamma', 'beta'), mean: { name: 'moving_mean' }, variance: { name: 'moving_variance' } },
  layerNorm: gamma('gamma', 'beta'),
  groupNorm: gamma('gamma', 'beta'),
  rmsNorm: gamma('gamma', 'beta'),
};

export const conventions: Readonly<Record<ConventionName, Convention>> = { pytorch, keras };

/** What separates a layer's name from its variable's. */
export const separators: Readonly<Record<ConventionName, string>> = { pytorch: '.', keras: '/' };

/** Our axes of their shape. */
export function shapeOfOurs({ axes, depthwise }: Source, shape: readonly number[], ours: readonly number[]): readonly number[] {
  if (depthwise) {
    const [outputs = 0, one, ...window] = shape;
    const [, , channels = 1] = ours;
    return one === 1 && outputs % channels === 0 ? [...window, channels, outputs / channels] : shape;
  }
  return axes && axes.length === shape.length ? axes.map((axis) => shape[axis] as number) : shape;
}

/** Their tensor in our axes, a new one. */
export function toOurs({ axes, depthwise }: Source, theirs: Tensor, ours: readonly number[]): Tensor {
  if (depthwise) {
    const [height, width, channels, multiplier] = ours as [number, number, number, number];
    return tidy(() => transpose(reshape(theirs, [channels, multiplier, height, width]), [2, 3, 0, 1]));
  }
  return axes ? transpose(theirs, [...axes]) : theirs.clone();
}

import { add, ones, slice, tidy, variable, zeros, type Tensor, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import {
  activation as activate,
  groupNorm,
  needGradients,
  random,
  type ActivationLayer,
  type ActivationName,
  type ApplyContext,
  type Conv2dLayer,
  type DenseLayer,
  type DepthwiseConv2dLayer,
  type DropoutLayer,
  type GroupNormLayer,
  type Key,
  type Layer,
  type NamedVariables,
  type NormLayer,
  type Pool2dLayer,
  type RmsNormLayer,
} from '@x/tensor';
import { convolved } from '../network/run-step.ts';
import { activationScales } from './activation-scales.ts';
import { scaled, type ScaleFactors } from './scaled.ts';
import { unitEmbedding } from './unit-embedding.ts';
import { unitLinear } from './unit-linear.ts';
import { unitLayerNorm, unitRmsNorm } from './unit-norm.ts';

/** A layer whose values and gradients have unit size at the start. */
export interface UnitScaledLayer extends Layer {
  readonly kind: 'unitScaled';
  /** Kind of the layer that it was made of. */
  readonly of: string;
  /** The layer's output with these in the places of its variables. */
  compute(x: Tensor, variables: Readonly<Record<string, Tensor>>, context?: ApplyContext): Tensor;
}

/** A layer, and by how much more its value is multiplied than its gradient; undefined where that depends on the input. */
export interface UnitPart {
  readonly layer: Layer;
  readonly ratio: number | undefined;
}

type Compute = UnitScaledLayer['compute'];
interface Rule {
  readonly compute: Compute;
  readonly ratio: number | undefined;
}

/** What is done to values and gradients on their way through a part that has no weights, or whose weights are scaled within. */
function between(
  factors: Required<ScaleFactors>,
  run: (x: Tensor, variables: Parameters<Compute>[1], context?: ApplyContext) => Tensor,
): Rule {
  const { forward, backward } = factors;
  return {
    compute: (x, variables, context) => scaled(run(scaled(x, { backward }), variables, context), { forward }),
    ratio: forward / backward,
  };
}

const unchanged: Required<ScaleFactors> = { forward: 1, backward: 1 };

/** How a layer of a kind is scaled; undefined of kinds that aren't known. */
export function unitRule(layer: Layer): Rule | undefined {
  switch (layer.kind) {
    case 'dense': {
      const { inputs, units, activation, slope } = layer as DenseLayer;
      return activated(activation, slope, {
        compute: (x, { weight, bias }) => unitLinear(x, weight as Tensor, bias, { constraint: 'none' }),
        ratio: Math.sqrt(units / inputs),
      });
    }
    case 'conv2d':
    case 'depthwiseConv2d': {
      const own = layer as Conv2dLayer | DepthwiseConv2dLayer;
      const { activation, slope } = own;
      return 'groups' in own && own.groups !== 1 ? undefined : activated(activation, slope, unitConvolution(own));
    }
    case 'activation': {
      const { activation, slope } = layer as ActivationLayer;
      return activated(activation, slope, { compute: (x) => x, ratio: 1 });
    }
    case 'embedding':
      return { compute: (ids, { weight }) => unitEmbedding(weight as Tensor, ids), ratio: 1 };
    case 'positionalEmbedding':
      return {
        compute: (x, { weight }) => {
          const [batch, places, width] = x.shape as [number, number, number];
          const half = { forward: Math.SQRT1_2, backward: Math.SQRT1_2 };
          const rows = slice(weight as Tensor, [0, 0], [places, width]);
          return add(scaled(x, half), scaled(rows, { ...half, backward: Math.SQRT1_2 * batch ** -0.5 }));
        },
        ratio: 1,
      };
    case 'layerNorm': {
      const { epsilon } = layer as NormLayer<'layerNorm'>;
      return { compute: (x, { gamma, beta }) => unitLayerNorm(x, gamma as Tensor, beta as Tensor, { epsilon }), ratio: 1 };
    }
    case 'rmsNorm': {
      const { epsilon } = layer as RmsNormLayer;
      return { compute: (x, { gamma }) => unitRmsNorm(x, gamma as Tensor, { epsilon }), ratio: 1 };
    }
    case 'groupNorm': {
      const { epsilon, groups } = layer as GroupNormLayer;
      return {
        compute: (x, { gamma, beta }) => {
          const ofWeights = { backward: ((gamma as Tensor).size / x.size) ** 0.5 };
          return groupNorm(x, scaled(gamma as Tensor, ofWeights), scaled(beta as Tensor, ofWeights), { epsilon, groups });
        },
        ratio: 1,
      };
    }
    case 'flatten':
    case 'unflatten':
      return between(unchanged, (x, _, context) => layer.apply(x, context));
    case 'dropout': {
      const kept = Math.sqrt(1 - (layer as DropoutLayer).rate);
      const dropping = between({ forward: kept, backward: kept }, (x, _, context) => layer.apply(x, context));
      return {
        ...dropping,
        compute: (x, own, context) => (context?.training ? dropping.compute(x, own, context) : layer.apply(x, context)),
      };
    }
    case 'maxPool2d': {
      const { window, strides } = layer as Pool2dLayer;
      const backward = Math.sqrt(strides[0] * strides[1]);
      return between({ forward: largestScale(window[0] * window[1]), backward }, (x) => layer.apply(x));
    }
    case 'averagePool2d': {
      // A mean of what is not 0 on average keeps its size.
      const { window, strides } = layer as Pool2dLayer;
      return between({ forward: 1, backward: Math.sqrt(window[0] * window[1] * strides[0] * strides[1]) }, (x) => layer.apply(x));
    }
    case 'globalAveragePool':
      return {
        compute: (x) => layer.apply(scaled(x, { backward: x.size / ((x.shape[0] as number) * (x.shape.at(-1) as number)) })),
        ratio: undefined,
      };
    default:
      return undefined;
  }
}

/** A rule with an activation behind it. */
function activated(name: ActivationName, slope: number, { compute, ratio }: { readonly compute: Compute; readonly ratio: number }): Rule {
  if (name === 'linear') return { compute, ratio };
  const factors = activationScales(name, { slope });
  const behind = between(factors, (x) => activate(x, name, { slope }));
  return {
    compute: (x, variables, context) => behind.compute(compute(x, variables, context), {}),
    ratio: (ratio * factors.forward) / factors.backward,
  };
}

function unitConvolution(layer: Conv2dLayer | DepthwiseConv2dLayer): { readonly compute: Compute; readonly ratio: number } {
  const { window, strides } = layer;
  const depthwise = layer.kind === 'depthwiseConv2d';
  const taps = window[0] * window[1];
  const [from, to] = depthwise ? [taps, taps * layer.multiplier] : [taps * layer.channels, taps * layer.filters];
  // A value of an image is under so many windows.
  const forward = from ** -0.5;
  const backward = (to / (strides[0] * strides[1])) ** -0.5;
  return {
    compute: (x, { weight, bias }) => {
      const [, rows, columns] = layer.outputShape(x.shape) as [number, number, number];
      const ofWeights = { backward: ((x.shape[0] as number) * rows * columns) ** -0.5 };
      const windows = { ...layer, depthwise };
      const filter = scaled(weight as Tensor, ofWeights) as Tensor4D;
      const y = scaled(convolved(scaled(x, { backward }), filter, undefined, windows, { activation: 'linear', slope: 0 }), { forward });
      return bias === undefined ? y : add(y, scaled(bias, ofWeights));
    },
    ratio: forward / backward,
  };
}

/** 1 / √E[m²] of the largest of so many normal numbers. */
function largestScale(count: number): number {
  const step = 0.01;
  let [below, mean] = [0, 0];
  for (let z = -8; z <= 8; z += step) {
    const share = (step * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
    mean += z * z * count * (below + share / 2) ** (count - 1) * share;
    below += share;
  }
  return 1 / Math.sqrt(mean);
}

/** A layer by a rule, with variables of its own: weights of standard deviation 1, gains 1, and what is added 0. */
export function unitLayer(layer: Layer, { compute }: Rule, key: Key): UnitScaledLayer {
  const variables: NamedVariables = tidy(() =>
    Object.fromEntries(
      Object.entries(layer.variables).map(([name, own]): [string, Variable] => [name, variable(firstOf(name, own.shape, key))]),
    ),
  );
  const run: Compute = (x, own, context) => {
    needGradients();
    return tidy(() => compute(x, own, context));
  };
  return {
    kind: 'unitScaled',
    of: layer.kind,
    variables,
    compute: run,
    apply: (x, context) => run(x, variables, context),
    outputShape: (shape) => layer.outputShape(shape),
    dispose: () => {
      for (const own of Object.values(variables)) if (!own.isDisposed) own.dispose();
    },
  };
}

function firstOf(name: string, shape: number[], key: Key): Tensor {
  if (name === 'weight') return random.normal(key, shape);
  return name === 'gamma' ? ones(shape) : zeros(shape);
}

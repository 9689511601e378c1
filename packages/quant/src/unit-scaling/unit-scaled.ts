import type { Tensor } from '@tensorflow/tfjs-core';
import {
  random,
  sequential,
  type ApplyContext,
  type AttentionLayer,
  type Key,
  type Layer,
  type NamedVariables,
  type SequentialLayer,
} from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { checkNumber, checkObject, show } from '../validation.ts';
import { scaled } from './scaled.ts';
import { unitLayer, unitRule, type UnitPart, type UnitScaledLayer } from './unit-layer.ts';
import { weightedResidual } from './unit-residual.ts';

export type { UnitScaledLayer } from './unit-layer.ts';

export interface UnitScalingOptions {
  /** Draws the weights; required, so that no two networks begin alike by accident. */
  readonly key: Key;
  /** Part of a residual connection's variance that comes from its inner layer, between 0 and 1. Default 0.1. */
  readonly tau?: number;
}

/**
 * A network of the same layers in which values, weights and gradients all have about unit size at the start, so that they fit small
 * floating-point numbers without loss scaling. Constant factors do it, a number for each operation and direction; see
 * {@link unitLinear} and the others. Train it by {@link unitSoftmaxCrossEntropy}, or another loss whose gradient has unit size.
 *
 * Its variables have the names and shapes of the given network's and are drawn anew, weights with standard deviation 1; the given one
 * stays as it is. Steps of an optimizer are of the size of the weights, which are √inputs larger than usual ones: learning rates of Adam
 * too should be, such as 0.03 instead of 0.001.
 *
 * Inputs are taken to be of unit size. Each operation has the factors that fit it, forward and backward; where a residual connection
 * begins, what they differ by within is made good, so that gradients point where they should: those of each variable are a constant
 * times the gradient of what the network computes.
 *
 * @throws {TypeError | RangeError} naming layers that it can't be made of, before anything is allocated, or if an option is out of range.
 * @example
 * const net = unitScaled(sequential([dense(784, 256, { activation: 'relu', key }), dense(256, 10, { key })]), { key: random.key(1) });
 * const small = mixedPrecision(net, { format: formats.e4m3fn, gradients: formats.e5m2, lossScale: 1 });
 *
 * C. Blake, D. Orr, C. Luschi, "Unit Scaling: Out-of-the-Box Low-Precision Training", 2023, arXiv 2303.11257. Unlike there, a factor behind
 * an activation makes its mean square 1, not its variance, and no factors within a branch are tied.
 */
export function unitScaled(net: Layer, options: UnitScalingOptions): Layer {
  checkObject('unitScaled', 'options', options, ['key']);
  checkOptions('unitScaled', options);
  const { key, tau = 0.1 } = options;
  const where = 'unitScaled';
  if (typeof net?.apply !== 'function' || typeof net.variables !== 'object')
    throw new TypeError(`${where}: net is ${show(net)}, but must be a layer, such as sequential([...]).`);
  if (!Array.isArray(key?.words) && !ArrayBuffer.isView(key?.words as never))
    throw new TypeError(`${where}: key is ${show(key)}, but must be a key, such as random.key(0).`);
  checkNumber(where, 'tau', tau, { above: 0, below: 1 });
  const others = unknown(net, '');
  if (others.length > 0)
    throw new TypeError(`${where}: ${others.join(', ')} can't be unit-scaled. What can is ${known.join(', ')}, and containers of them.`);
  return made(net, key, tau).layer;
}

const known: readonly string[] = [
  ...['dense', 'conv2d', 'depthwiseConv2d', 'activation', 'embedding', 'positionalEmbedding', 'layerNorm', 'rmsNorm', 'groupNorm'],
  ...['flatten', 'unflatten', 'dropout', 'maxPool2d', 'averagePool2d', 'globalAveragePool'],
];

/** Names of layers that have no rule, or none where they are. */
function unknown(layer: Layer, name: string, inBranch = false): string[] {
  const within = (parts: Iterable<[string | number, Layer]>, branch = inBranch): string[] =>
    Array.from(parts, ([part, own]) => unknown(own, name === '' ? String(part) : `${name}.${part}`, branch)).flat();
  const called = name === '' ? '0' : name;
  if (layer.kind === 'sequential') return within((layer as SequentialLayer).layers.entries());
  if (layer.kind === 'residual') return within(Object.entries(layer.parts as Readonly<Record<string, Layer>>), true);
  if (layer.kind === 'attention') return 'qkv' in (layer.parts as object) ? [] : [`layer ${called} (attention with a memory)`];
  const rule = unitRule(layer);
  if (rule === undefined) return [`layer ${called} (${layer.kind})`];
  return inBranch && rule.ratio === undefined ? [`layer ${called} (${layer.kind} within a residual connection)`] : [];
}

function made(layer: Layer, key: Key, tau: number): UnitPart {
  switch (layer.kind) {
    case 'sequential': {
      const parts = (layer as SequentialLayer).layers.map((own, index) => made(own, random.fold(key, index), tau));
      return { layer: sequential(parts.map((part) => part.layer)), ratio: productOf(parts) };
    }
    case 'residual': {
      const { inner, shortcut } = layer.parts as { readonly inner: Layer; readonly shortcut?: Layer };
      const within = made(inner, random.fold(key, 0), tau);
      const past = shortcut && made(shortcut, random.fold(key, 1), tau);
      const ratios = { tau, ratio: within.ratio as number, ...(past && { shortcutRatio: past.ratio as number }) };
      return { layer: residualOf(within.layer, past?.layer, ratios), ratio: 1 };
    }
    case 'attention':
      return unitAttention(layer as AttentionLayer, key);
    default: {
      const rule = unitRule(layer) as NonNullable<ReturnType<typeof unitRule>>;
      return { layer: unitLayer(layer, rule, key), ratio: rule.ratio };
    }
  }
}

function productOf(parts: readonly UnitPart[]): number | undefined {
  return parts.every(({ ratio }) => ratio !== undefined) ? parts.reduce((product, { ratio }) => product * (ratio as number), 1) : undefined;
}

function residualOf(inner: Layer, shortcut: Layer | undefined, ratios: Parameters<typeof weightedResidual>[4]): Layer {
  const parts: Record<string, Layer> = shortcut ? { inner, shortcut } : { inner };
  const variables: NamedVariables = Object.fromEntries(
    Object.entries(parts).flatMap(([part, own]) => Object.entries(own.variables).map(([name, variable]) => [`${part}.${name}`, variable])),
  );
  const contextOf = (context: ApplyContext | undefined, index: number): ApplyContext | undefined =>
    context?.key ? { ...context, key: random.fold(context.key, index) } : context;
  return {
    kind: 'unitResidual',
    variables,
    parts,
    withParts: (others) => residualOf(others['inner'] as Layer, others['shortcut'], ratios),
    apply: (x, context) =>
      weightedResidual(
        'unitResidual',
        x,
        (value) => inner.apply(value, contextOf(context, 0)),
        (value) => (shortcut ? shortcut.apply(value, contextOf(context, 1)) : value),
        ratios,
      ),
    outputShape: (shape) => inner.outputShape(shape),
    dispose: () => {
      for (const part of Object.values(parts)) part.dispose();
    },
  };
}

/**
 * Attention whose sums of values have unit size: softmax of normal scores gives of each of s values a share of about 1 / s, log-normal
 * around it, so that a sum is of size √(e / s).
 */
function unitAttention(layer: AttentionLayer, key: Key): UnitPart {
  const { qkv, out } = layer.parts as { readonly qkv: Layer; readonly out: Layer };
  const ofHeads = (x: Tensor): number => {
    const places = x.shape[1] as number;
    if (!layer.causal) return Math.max(1, Math.sqrt(places / Math.E));
    let mean = 0;
    for (let seen = 1; seen <= places; seen++) mean += Math.min(1, Math.E / seen) / places;
    return 1 / Math.sqrt(mean);
  };
  const parts = [made(qkv, random.fold(key, 0), 0.5), made(out, random.fold(key, 1), 0.5)] as [UnitPart, UnitPart];
  const [first, last] = parts.map((part) => part.layer as UnitScaledLayer) as [UnitScaledLayer, UnitScaledLayer];
  const maps = {
    qkv: computing(first, (x, run) => scaled(run(x), { backward: ofHeads(x) })),
    out: computing(last, (x, run) => run(scaled(x, { forward: ofHeads(x) }))),
  };
  return { layer: (layer.withParts as NonNullable<Layer['withParts']>)(maps), ratio: productOf(parts) };
}

/** A layer that does something more around what it computes. */
function computing(layer: UnitScaledLayer, around: (x: Tensor, run: (x: Tensor) => Tensor) => Tensor): UnitScaledLayer {
  const compute: UnitScaledLayer['compute'] = (x, variables, context) => around(x, (value) => layer.compute(value, variables, context));
  return { ...layer, compute, apply: (x, context) => compute(x, layer.variables, context) };
}

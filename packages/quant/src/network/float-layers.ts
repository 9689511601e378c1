import { clone, dispose, type Tensor } from '@tensorflow/tfjs-core';
import {
  activationLayer,
  assignVariables,
  batchNormLayer,
  embeddingLayer,
  groupNormLayer,
  initializers,
  layerNormLayer,
  positionalEmbedding,
  random,
  rmsNormLayer,
  type ActivationName,
  type Layer,
} from '@x/tensor';

/** Options that a layer is made anew with, beside its variables. */
export type LayerSettings = Readonly<Record<string, unknown>>;

interface KnownLayer {
  /** Names of its settings, which are properties of the layer. */
  readonly settings: readonly string[];
  /** The variable whose shape says how large the layer is. */
  readonly sizedBy?: string;
  /** @throws {RangeError} if a setting is out of range. */
  make(shape: readonly number[], settings: LayerSettings): Layer;
}

const nothing = { key: random.key(0), init: initializers.zeros() };
const epsilonOf = ({ epsilon }: LayerSettings): { readonly epsilon: number } => ({ epsilon: epsilon as number });

/** Layers that stay in float in a quantized network and that can be made anew. */
const known: Readonly<Record<string, KnownLayer>> = {
  activation: {
    settings: ['activation', 'slope'],
    make: (_, { activation, slope }) => activationLayer(activation as ActivationName, { slope: slope as number }),
  },
  layerNorm: { settings: ['epsilon'], sizedBy: 'gamma', make: ([width = 0], own) => layerNormLayer(width, epsilonOf(own)) },
  rmsNorm: { settings: ['epsilon'], sizedBy: 'gamma', make: ([width = 0], own) => rmsNormLayer(width, epsilonOf(own)) },
  batchNorm: { settings: ['epsilon'], sizedBy: 'gamma', make: ([width = 0], own) => batchNormLayer(width, epsilonOf(own)) },
  groupNorm: {
    settings: ['groups', 'epsilon'],
    sizedBy: 'gamma',
    make: ([width = 0], own) => groupNormLayer(width, { ...epsilonOf(own), groups: own['groups'] as number }),
  },
  embedding: { settings: [], sizedBy: 'weight', make: ([rows = 0, width = 0]) => embeddingLayer(rows, width, nothing) },
  positionalEmbedding: { settings: [], sizedBy: 'weight', make: ([length = 0, width = 0]) => positionalEmbedding(length, width, nothing) },
};

/** Kinds of layers that {@link settingsOf} and {@link floatLayer} know. */
export const floatKinds: readonly string[] = Object.keys(known);

/** What a layer would be made anew with, or undefined of a kind that isn't known. */
export function settingsOf(layer: Layer): LayerSettings | undefined {
  const settings = Object.hasOwn(known, layer.kind) ? known[layer.kind]?.settings : undefined;
  return settings && Object.fromEntries(settings.map((name) => [name, (layer as unknown as LayerSettings)[name]]));
}

/**
 * A layer of settings and values of its variables, which stay the caller's.
 *
 * @throws {TypeError | RangeError} if a variable is missing or has another shape than the others say, or a setting is out of range;
 *   nothing stays allocated then.
 */
export function floatLayer(where: string, kind: string, settings: LayerSettings, variables: Readonly<Record<string, Tensor>>): Layer {
  const { sizedBy, make } = known[kind] as KnownLayer;
  const shape = sizedBy === undefined ? [] : variables[sizedBy]?.shape;
  if (!shape) throw new TypeError(`${where}: ${sizedBy} is missing.`);
  const layer = make(shape, settings);
  try {
    assignVariables(layer.variables, variables);
    return layer;
  } catch (error) {
    layer.dispose();
    throw error;
  }
}

/** A layer that computes the same with variables of its own, or undefined of a kind that isn't known. */
export function copyOf(layer: Layer): Layer | undefined {
  const settings = settingsOf(layer);
  if (!settings) return undefined;
  const values = Object.fromEntries(Object.entries(layer.variables).map(([name, variable]) => [name, clone(variable)]));
  try {
    return floatLayer(`a layer (${layer.kind})`, layer.kind, settings, values);
  } finally {
    dispose(values);
  }
}

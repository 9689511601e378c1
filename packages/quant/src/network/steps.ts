import type { ActivationLayer, ActivationName, DenseLayer, Layer } from '@x/tensor';
import { othersOf, partsOf, unsupportedError } from './parts.ts';

/** A linear map with its activation, apart from any tensor. */
export interface LinearStep {
  readonly kind: 'linear';
  /** The layer's name in its network, such as `0` or `2.1`. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** [inputs, units], row-major. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer> | undefined;
  readonly activation: ActivationName;
  readonly slope: number;
  /** What inputs are divided by first, where no layer before could take it. */
  readonly inputScales?: Float64Array<ArrayBuffer>;
}

export interface FlattenStep {
  readonly kind: 'flatten';
  readonly name: string;
}

/** A layer that stays as it is, in float; it is still its owner's. */
export interface FloatStep {
  readonly kind: 'float';
  readonly name: string;
  readonly layer: Layer;
}

/** What a network does to an input, one thing after another. */
export type Step = LinearStep | FlattenStep | FloatStep;

export interface StepsOptions {
  /** Whether layers that can't be quantized are kept in float, rather than refused. Default false. */
  readonly keepUnsupported?: boolean;
}

/**
 * A network as steps: nested sequences unrolled, dropout left out, an activation after a linear layer joined with it.
 *
 * @throws {TypeError} naming all layers that can't be quantized, unless they are to be kept.
 */
export function stepsOf(where: string, net: Layer, { keepUnsupported = false }: StepsOptions = {}): Step[] {
  const parts = partsOf(where, net);
  const others = othersOf(parts);
  if (others.length > 0 && !keepUnsupported)
    throw unsupportedError(where, others, `Give { unsupported: 'float' } to keep ${others.length === 1 ? 'it' : 'them'} in float.`);
  const steps: Step[] = [];
  for (const { name, layer } of parts) {
    const last = steps.at(-1);
    if (layer.kind === 'dropout') continue;
    if (layer.kind === 'dense') steps.push(linearStep(name, layer as DenseLayer));
    else if (layer.kind === 'flatten') steps.push({ kind: 'flatten', name });
    else if (layer.kind === 'activation' && last?.kind === 'linear' && last.activation === 'linear') {
      const { activation, slope } = layer as ActivationLayer;
      steps[steps.length - 1] = { ...last, activation, slope };
    } else steps.push({ kind: 'float', name, layer });
  }
  return steps;
}

function linearStep(name: string, { inputs, units, activation, slope, variables }: DenseLayer): LinearStep {
  const read = (values: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(values);
  return {
    kind: 'linear',
    name,
    inputs,
    units,
    weight: read(variables.weight.dataSync()),
    bias: variables.bias && read(variables.bias.dataSync()),
    activation,
    slope,
  };
}

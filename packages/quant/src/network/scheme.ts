import type { GridOptions } from '../weights/weight-grid.ts';
import type { LinearStep } from './steps.ts';

/**
 * What a layer's numbers become:
 *
 * - `int8`: weights and activations of 8 bits, products in integers.
 * - `int4`: weights of 4 bits in groups; activations are quantized to 8 bits when they come (`dynamic`).
 * - `ternary`, `binary`: weights of -s, 0, s, or -s, s.
 * - `float`: as it is.
 */
export type Scheme = 'int8' | 'int4' | 'ternary' | 'binary' | 'float';
export const schemes: readonly Scheme[] = ['int8', 'int4', 'ternary', 'binary', 'float'];

/**
 * How a quantized layer's input is: quantized by a range that calibration found, by its own range each time, or not at all.
 */
export type ActivationMode = 'calibrated' | 'dynamic' | 'float';

/** Activations of a scheme unless told otherwise. */
export function activationModeOf(scheme: Scheme): ActivationMode {
  return scheme === 'int8' ? 'calibrated' : 'dynamic';
}

/** Inputs that share a step of 4 bits: the largest multiple of 8 of at most this that divides a layer's inputs. */
const GROUP = 128;
const LEAST_GROUP = 32;

/** Grid of a scheme's weights, for a layer. Convolutions add integers up over whole windows, so that they have no groups. */
export function gridOf(scheme: Scheme, { inputs, windows }: Pick<LinearStep, 'inputs' | 'windows'>, options: GridOptions): GridOptions {
  const bits = scheme === 'int8' ? 8 : 4;
  if (windows) {
    const { groupSize: _, ...rest } = options;
    return { bits, ...rest };
  }
  if (scheme === 'int8') return { bits, ...options };
  const { groupSize = defaultGroup(inputs) } = options;
  return { bits, ...options, ...(groupSize !== undefined && { groupSize }) };
}

function defaultGroup(inputs: number): number | undefined {
  for (let size = GROUP; size >= LEAST_GROUP; size -= 8) if (inputs % size === 0) return size;
  return undefined;
}

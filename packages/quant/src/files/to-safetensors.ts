import type { Tensor } from '@tensorflow/tfjs-core';
import type { FloatLinearStep, NetworkStep, QuantizedStep } from '../network/quantized-step.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import type { AttentionLayer } from '@x/tensor';
import { settingsOf } from '../network/float-layers.ts';
import { packNibbles } from './packed-integers.ts';
import { writableSteps } from './writable-steps.ts';

/** Values of a dtype of the file as its bytes. */
export interface RawValues {
  readonly dtype: 'I8' | 'U8' | 'U16' | 'I32' | 'F32';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a safetensors file of a network holds. */
export interface NetworkFile {
  readonly tensors: Record<string, RawValues>;
  /** `quantized` has the network's steps, as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
}

export const KEY = 'quantized';
export const VERSION = 1;

/**
 * A quantized network as what `saveSafetensors` of `@x/tensor` writes: of each layer `weight` as I8 [inputs, units], or, of at most
 * 4 bits, as U8 with two integers to a byte, the first in the lower half; `weightScale`, `bias` and the like as F32. How
 * the layers follow one another is in the metadata. Layers in float have the names of their own variables, as F32. {@link fromSafetensors} makes the network again.
 *
 * @throws {TypeError} if it is no quantized network, or has layers of other kinds that stayed in float; all are named.
 * @example
 * const { tensors, metadata } = toSafetensors(q);
 * await saveSafetensors('model.safetensors', tensors, { metadata });
 */
export function toSafetensors(network: QuantizedNetwork): NetworkFile {
  const where = 'toSafetensors';
  const writable = writableSteps(where, network);
  const tensors: Record<string, RawValues> = {};
  const steps = writable.map((step) => describe(step, tensors));
  return { tensors, metadata: { [KEY]: JSON.stringify({ version: VERSION, steps }) } };
}

function describe(step: NetworkStep, tensors: Record<string, RawValues>): object {
  switch (step.kind) {
    case 'quantized': {
      const { kind, name, scheme, weight, activation, slope, input, output, rounding, windows } = step;
      const { inputs, units, bits, groupSize, scales, zeroPoints } = weight;
      const values = weight.values();
      tensors[`${name}.weight`] =
        bits <= 4
          ? { dtype: 'U8', shape: [Math.ceil(values.length / 2)], bytes: packNibbles(values) }
          : { dtype: 'I8', shape: [inputs, units], bytes: new Uint8Array(values.buffer, values.byteOffset, values.length) };
      tensors[`${name}.weightScale`] = floats(scales, groupSize === undefined ? [scales.length] : [inputs / groupSize, units]);
      if (zeroPoints)
        tensors[`${name}.weightZeroPoint`] = {
          dtype: 'I8',
          shape: [zeroPoints.length],
          bytes: new Uint8Array(Int8Array.from(zeroPoints).buffer),
        };
      addRest(step, tensors);
      return {
        kind,
        name,
        scheme,
        inputs,
        units,
        bits,
        ...(groupSize !== undefined && { groupSize }),
        activation,
        slope,
        input,
        ...(output && { output }),
        rounding,
        ...(windows && { windows }),
      };
    }
    case 'quantizedSparse': {
      const { kind, name, matrix, activation, slope, input, bias } = step;
      const { rows, columns, pointers, indices, values, scales } = matrix;
      const integers = (of: Int32Array): RawValues => ({ dtype: 'I32', shape: [of.length], bytes: new Uint8Array(of.slice().buffer) });
      tensors[`${name}.values`] = { dtype: 'I8', shape: [values.length], bytes: new Uint8Array(values.slice().buffer) };
      tensors[`${name}.indices`] =
        columns > 65536
          ? integers(indices)
          : { dtype: 'U16', shape: [indices.length], bytes: new Uint8Array(Uint16Array.from(indices).buffer) };
      tensors[`${name}.pointers`] = integers(pointers);
      tensors[`${name}.valueScale`] = floats(scales, [rows]);
      if (bias) tensors[`${name}.bias`] = floats(bias.dataSync() as Float32Array, bias.shape);
      return { kind, name, inputs: columns, units: rows, activation, slope, input };
    }
    case 'floatLinear': {
      const { kind, name, weight, activation, slope, windows } = step;
      tensors[`${name}.weight`] = floats(weight.dataSync() as Float32Array, weight.shape);
      addRest(step, tensors);
      return { kind, name, activation, slope, ...(windows && { windows }) };
    }
    case 'pool': {
      const { kind, name, of, windows, output } = step;
      return { kind, name, of, ...(windows && { windows }), ...(output && { output }) };
    }
    case 'reshape':
      return { kind: step.kind, name: step.name, shape: step.shape };
    case 'float': {
      const { layer, name } = step;
      for (const [own, variable] of Object.entries(layer.variables))
        tensors[`${name}.${own}`] = floats(variable.dataSync() as Float32Array, variable.shape);
      return { kind: layer.kind, name, ...settingsOf(layer) };
    }
    case 'composite':
      return {
        ...{ kind: step.layer.kind, name: step.name },
        ...(step.layer.kind === 'attention' && {
          heads: (step.layer as AttentionLayer).heads,
          causal: (step.layer as AttentionLayer).causal,
        }),
        ...(step.integers && { integers: step.integers }),
        parts: Object.fromEntries(Object.entries(step.parts).map(([part, steps]) => [part, steps.map((own) => describe(own, tensors))])),
      };
    case 'flatten':
      return { kind: step.kind, name: step.name };
  }
}

function addRest({ name, bias, inputScales }: QuantizedStep | FloatLinearStep, tensors: Record<string, RawValues>): void {
  if (bias) tensors[`${name}.bias`] = floats((bias as Tensor).dataSync() as Float32Array, bias.shape);
  if (inputScales) tensors[`${name}.inputScale`] = floats(Float32Array.from(inputScales), [inputScales.length]);
}

function floats(values: Float32Array, shape: readonly number[]): RawValues {
  return { dtype: 'F32', shape: [...shape], bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

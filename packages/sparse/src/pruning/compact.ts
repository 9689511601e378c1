import { tensor1d, tidy, zeros } from '@tensorflow/tfjs-core';
import { sequential, type Layer, type SequentialLayer } from '@x/tensor';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { show } from '../validation.ts';

export interface Compacted {
  /** The smaller network, whose input is that of `inputs` alone. */
  readonly net: SequentialLayer;
  /** The inputs that anything leads from. */
  readonly inputs: Int32Array;
  /** Units left in each layer; the last has all. */
  readonly units: readonly number[];
}

/**
 * The same function by a smaller network: without hidden units that nothing leads from, and without those that nothing
 * leads to, whose constant output goes into the next layer's bias. Inputs that nothing leads from are left out too.
 *
 * A constant unit stays if the next layer has no bias to take what it gives.
 *
 * @param net A `sequential` of {@link sparseLinear} layers alone; it is left as it is.
 * @throws {TypeError} if it is anything else.
 * @example
 * const { net: small, inputs } = compact(net);
 * small.apply(tf.gather(x, tf.tensor1d(inputs, 'int32'), 1)); // as net.apply(x)
 *
 * As the compression of U. Evci et al., 2019, arXiv 1911.11134, table 2, which leaves constant units out without a correction.
 */
export function compact(net: SequentialLayer): Compacted {
  const layers = (net?.layers ?? []) as readonly Layer[];
  const wrong = layers.findIndex(({ kind }) => kind !== 'sparseLinear');
  if (layers.length === 0 || wrong >= 0)
    throw new TypeError(
      `compact: net ${layers.length === 0 ? `is ${show(net)}` : `has a layer of kind '${layers[wrong]!.kind}'`}, but must be a sequential of sparseLinear layers, their activations among their options.`,
    );
  const sparse = layers as readonly SparseLinearLayer[];
  const divided = sparse.findIndex(({ division }) => division !== undefined);
  if (divided >= 0)
    throw new TypeError(
      `compact: layer ${divided} of net is divided, as topKast and straightThrough do; leave out what only trains with trim() first.`,
    );
  const { alive, biases } = withoutConstants(sparse);
  withoutUnused(sparse, alive);
  const kept = alive.map((flags) => Int32Array.from([...flags.keys()].filter((index) => flags[index] === 1)));
  const small = sparse.map((layer, index) => {
    const part = layer.restricted(kept[index]!, kept[index + 1]!);
    const bias = biases[index];
    if (bias) tidy(() => part.variables.bias!.assign(tensor1d(Float32Array.from(kept[index + 1]!, (unit) => bias[unit]!))));
    return part;
  });
  return { net: sequential(small), inputs: kept[0]!, units: kept.slice(1).map(({ length }) => length) };
}

/** 1 for what is not constant: of the inputs, then of each layer's units; and the biases with what the constants give. */
function withoutConstants(layers: readonly SparseLinearLayer[]): { alive: Uint8Array[]; biases: (Float32Array | undefined)[] } {
  const biases = layers.map(({ variables }) => variables.bias?.dataSync().slice() as Float32Array | undefined);
  const alive = [new Uint8Array(layers[0]!.inputs).fill(1)];
  layers.forEach((layer, index) => {
    const { rows, pointers, indices } = layer.pattern;
    const flags = new Uint8Array(rows).fill(1);
    alive.push(flags);
    const next = layers[index + 1];
    if (!next) return;
    const before = alive[index]!;
    for (let row = 0; row < rows; row++)
      flags[row] = indices.subarray(pointers[row], pointers[row + 1]).some((column) => before[column] === 1) ? 1 : 0;
    const constants = constantOutputs(layer, biases[index]);
    const nextBias = biases[index + 1];
    if (!nextBias) {
      // Nothing can take what they give, unless it is nothing.
      for (let row = 0; row < rows; row++) if (constants[row] !== 0) flags[row] = 1;
      return;
    }
    addConstants(nextBias, next, constants, flags);
  });
  return { alive, biases };
}

/** Adds to a layer's bias what units that are left out give it. */
function addConstants(
  bias: Float32Array,
  { pattern, variables, units }: SparseLinearLayer,
  constants: Float32Array,
  alive: Uint8Array,
): void {
  const { pointers, indices } = pattern;
  const values = variables.values.dataSync();
  for (let row = 0; row < units; row++) {
    for (let q = pointers[row]!; q < pointers[row + 1]!; q++)
      if (alive[indices[q]!] === 0) bias[row]! += values[q]! * constants[indices[q]!]!;
  }
}

/** What the units give if no input does anything: activation(bias). */
function constantOutputs(layer: SparseLinearLayer, bias: Float32Array | undefined): Float32Array {
  const copy = layer.restricted(
    new Int32Array(0),
    Int32Array.from({ length: layer.units }, (_, unit) => unit),
  );
  const output = tidy(() => {
    if (bias) copy.variables.bias!.assign(tensor1d(bias));
    return copy.apply(zeros([1, 0]));
  });
  const values = output.dataSync().slice() as Float32Array;
  output.dispose();
  copy.dispose();
  return values;
}

/** Takes away, from the last layer back, the units that lead to nothing that stays, and such inputs. */
function withoutUnused(layers: readonly SparseLinearLayer[], alive: readonly Uint8Array[]): void {
  for (let index = layers.length - 1; index >= 0; index--) {
    const { rows, columns, pointers, indices } = layers[index]!.pattern;
    const used = new Uint8Array(columns);
    for (let row = 0; row < rows; row++) {
      if (alive[index + 1]![row] === 0) continue;
      for (let q = pointers[row]!; q < pointers[row + 1]!; q++) used[indices[q]!] = 1;
    }
    const flags = alive[index]!;
    for (let column = 0; column < columns; column++) flags[column]! &= used[column]!;
  }
}

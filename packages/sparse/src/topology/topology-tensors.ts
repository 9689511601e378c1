import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { type Layer } from '@x/tensor';
import { csrPattern, type CsrPattern } from '@x/tensor/sparse';
import type { Division } from '../layers/division.ts';
import { sparseLayers } from '../layers/sparse-layers.ts';

/**
 * Where a network's non-zeros are, as tensors to save beside its variables: `0.pointers` and `0.indices` (int32) for the
 * layer whose values are `0.values`, and, where a layer is divided, `0.division`. The caller disposes them.
 *
 * `snfs`, and `rigl` with `accumulate`, look at the gradients of several steps up to a change, which are not saved: with these, save
 * before the first of them, such as right after a change, and training goes on bit by bit.
 */
export function topologyTensors(net: Layer): Record<string, Tensor> {
  return Object.fromEntries(
    sparseLayers(net).flatMap(({ name, layer: { pattern, division } }) => [
      [beside(name, 'pointers'), tensor1d(pattern.pointers, 'int32')],
      [beside(name, 'indices'), tensor1d(pattern.indices, 'int32')],
      ...(division ? [[beside(name, 'division'), packDivision(division)] as const] : []),
    ]),
  );
}

/**
 * Puts a topology of {@link topologyTensors} back into a network of the same layers. The variables are to be assigned too.
 *
 * @throws {RangeError | TypeError} if a tensor is missing or no pattern for its layer; nothing is changed then.
 */
export function restoreTopology(net: Layer, tensors: Readonly<Record<string, Tensor>>): void {
  const layers = sparseLayers(net);
  const patterns: CsrPattern[] = [];
  const divisions: (Division | undefined)[] = [];
  try {
    for (const { name, layer } of layers) {
      const [pointers, indices] = ['pointers', 'indices'].map((part) => {
        const tensor = tensors[beside(name, part)];
        if (!tensor)
          throw new RangeError(
            `restoreTopology: tensors has no '${beside(name, part)}'; give what topologyTensors made of a network of the same layers.`,
          );
        return Int32Array.from(tensor.dataSync());
      }) as [Int32Array, Int32Array];
      if (indices.length > layer.variables.values.size)
        throw new RangeError(
          `restoreTopology: '${name}' has room for ${layer.variables.values.size} non-zeros, but '${beside(name, 'indices')}' has ${indices.length}; make the layer with the density it had at first.`,
        );
      const packed = tensors[beside(name, 'division')];
      divisions.push(packed && unpackDivision(beside(name, 'division'), packed, indices.length));
      patterns.push(csrPattern(layer.units, layer.inputs, pointers, indices));
    }
  } catch (error) {
    for (const pattern of patterns) pattern.dispose();
    throw error;
  }
  layers.forEach(({ layer }, index) => {
    layer.replacePattern(patterns[index]!);
    layer.divide(divisions[index]);
  });
}

/** float32[2 + non-zeros]: both penalties, then 0, 1 or 2 for what rests, is trained, takes part. */
function packDivision({ forward, backward, penalty = 0, explorationPenalty = 0 }: Division): Tensor {
  const packed = new Float32Array(2 + forward.length);
  packed.set([penalty, explorationPenalty]);
  for (let q = 0; q < forward.length; q++) packed[2 + q] = forward[q]! + backward[q]!;
  return tensor1d(packed);
}

function unpackDivision(name: string, packed: Tensor, nonZeros: number): Division {
  const values = packed.dataSync();
  if (values.length !== 2 + nonZeros)
    throw new RangeError(
      `restoreTopology: '${name}' has ${packed.size} elements, but must have 2 and one for each of ${nonZeros} non-zeros.`,
    );
  const [penalty, explorationPenalty] = values as unknown as [number, number];
  const flags = (least: number): Uint8Array => Uint8Array.from(values.subarray(2), (flag) => (flag >= least ? 1 : 0));
  return { forward: flags(2), backward: flags(1), penalty, explorationPenalty };
}

function beside(values: string, part: string): string {
  return values.replace(/values$/, part);
}

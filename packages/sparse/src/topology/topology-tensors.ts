import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { csrPattern, type CsrPattern, type Layer } from '@x/tensor';
import { sparseLayers } from '../layers/sparse-layers.ts';

/**
 * Where a network's non-zeros are, as int32 tensors to save beside its variables: `0.pointers` and `0.indices` for the
 * layer whose values are `0.values`. The caller disposes them.
 */
export function topologyTensors(net: Layer): Record<string, Tensor> {
  return Object.fromEntries(
    sparseLayers(net).flatMap(({ name, layer: { pattern } }) => [
      [beside(name, 'pointers'), tensor1d(pattern.pointers, 'int32')],
      [beside(name, 'indices'), tensor1d(pattern.indices, 'int32')],
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
      patterns.push(csrPattern(layer.units, layer.inputs, pointers, indices));
    }
  } catch (error) {
    for (const pattern of patterns) pattern.dispose();
    throw error;
  }
  layers.forEach(({ layer }, index) => layer.replacePattern({ pattern: patterns[index]!, from: new Int32Array(0) }));
}

function beside(values: string, part: string): string {
  return values.replace(/values$/, part);
}

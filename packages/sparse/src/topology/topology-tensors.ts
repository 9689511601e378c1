import { concat, dispose, keep, split, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { type Layer } from '@x/tensor';
import { csrPattern, type CsrPattern } from '@x/tensor/sparse';
import type { Division } from '../layers/division.ts';
import { sparseLayers } from '../layers/sparse-layers.ts';
import type { SeenGradient, SparseLinearLayer } from '../layers/sparse-linear.ts';
import { checkObject, show } from '../validation.ts';

/**
 * The state of a network's topology, as tensors to save beside its variables and the optimizer's slots: with these a run goes on bit by
 * bit from any step. The caller disposes them. For the layer whose values are `0.values`:
 * - `0.pointers`, `0.indices`, int32: where its non-zeros are;
 * - `0.division`, where it is divided;
 * - `0.gathered.x`, `0.gathered.dz`, `0.gathered.steps`, between two changes of `snfs` or of `rigl` with `accumulate`: what it saw in the
 *   steps so far, float32[examples, inputs] and [examples, units], and int32[steps, 2], the number and the examples of each.
 */
export function topologyTensors(net: Layer): Record<string, Tensor> {
  return Object.fromEntries(
    sparseLayers(net).flatMap(({ name, layer: { pattern, division, gathered } }) => [
      [beside(name, 'pointers'), tensor1d(pattern.pointers, 'int32')],
      [beside(name, 'indices'), tensor1d(pattern.indices, 'int32')],
      ...(division ? [[beside(name, 'division'), packDivision(division)] as const] : []),
      ...(gathered.length > 0 ? packGathered(name, gathered) : []),
    ]),
  );
}

/**
 * Puts the state of {@link topologyTensors} back into a network of the same layers. The variables and the optimizer's state are to be
 * assigned too; before {@link withTopology} is called or after it.
 *
 * @throws {RangeError | TypeError} if a tensor is missing or doesn't fit its layer; nothing is changed then.
 * @example
 * const optimizer = withTopology(net, rigl({ until: 7500 }), sgd({ momentum: 0.9 }), { key });
 * const state = optimizer.init(trainable(net));
 * const { position, tensors } = await loadCheckpoint('run.safetensors', { variables: net.variables, state });
 * restoreTopology(net, tensors);
 * tf.dispose(tensors);
 */
export function restoreTopology(net: Layer, tensors: Readonly<Record<string, Tensor>>): void {
  checkObject('restoreTopology', 'tensors', tensors);
  const layers = sparseLayers(net);
  const restored: { pattern: CsrPattern; division: Division | undefined; gathered: readonly SeenGradient[] }[] = [];
  try {
    for (const { name, layer } of layers) {
      const [pointers, indices] = ['pointers', 'indices'].map((part) => arrayOf(tensors, beside(name, part))) as [Int32Array, Int32Array];
      if (indices.length > layer.variables.values.size)
        throw new RangeError(
          `restoreTopology: '${name}' has room for ${layer.variables.values.size} non-zeros, but '${beside(name, 'indices')}' has ${indices.length}; make the layer with the density it had at first.`,
        );
      const packed = tensors[beside(name, 'division')];
      const division = packed && unpackDivision(beside(name, 'division'), packed, indices.length);
      const pattern = csrPattern(layer.units, layer.inputs, pointers, indices);
      restored.push({ pattern, division, gathered: [] });
      restored.at(-1)!.gathered = unpackGathered(name, layer, tensors);
    }
  } catch (error) {
    for (const { pattern, gathered } of restored) {
      pattern.dispose();
      dispose(gathered.flatMap(({ x, dz }) => [x, dz]));
    }
    throw error;
  }
  layers.forEach(({ layer }, index) => {
    const { pattern, division, gathered } = restored[index]!;
    layer.replacePattern(pattern);
    layer.divide(division);
    layer.replaceGathered(gathered);
  });
}

function arrayOf(tensors: Readonly<Record<string, Tensor>>, name: string): Int32Array {
  const tensor = tensors[name];
  if (!tensor)
    throw new RangeError(`restoreTopology: tensors has no '${name}'; give what topologyTensors made of a network of the same layers.`);
  return Int32Array.from(tensor.dataSync());
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

function packGathered(name: string, gathered: readonly SeenGradient[]): [string, Tensor][] {
  const steps = Int32Array.from(gathered.flatMap(({ step, x }) => [step, x.shape[0]!]));
  const joined = (of: 'x' | 'dz'): Tensor =>
    concat(
      gathered.map((seen) => seen[of]),
      0,
    );
  return [
    [beside(name, 'gathered.x'), joined('x')],
    [beside(name, 'gathered.dz'), joined('dz')],
    [beside(name, 'gathered.steps'), tensor2d(steps, [gathered.length, 2], 'int32')],
  ];
}

function unpackGathered(
  name: string,
  { inputs, units }: SparseLinearLayer,
  tensors: Readonly<Record<string, Tensor>>,
): readonly SeenGradient[] {
  const [x, dz, steps] = ['x', 'dz', 'steps'].map((part) => tensors[beside(name, `gathered.${part}`)]);
  if (!x && !dz && !steps) return [];
  const numbers = arrayOf(tensors, beside(name, 'gathered.steps'));
  const sizes = [...numbers].filter((_, i) => i % 2 === 1);
  const examples = sizes.reduce((sum, size) => sum + size, 0);
  for (const [part, tensor, columns] of [
    ['x', x, inputs],
    ['dz', dz, units],
  ] as const)
    if (tensor?.dtype !== 'float32' || tensor.shape.join() !== `${examples},${columns}`)
      throw new RangeError(
        `restoreTopology: '${beside(name, `gathered.${part}`)}' is ${show(tensor)}, but must be float32[${examples},${columns}], as '${beside(name, 'gathered.steps')}' counts its examples; give what topologyTensors made.`,
      );
  const parts = (of: Tensor): Tensor[] => split(of, sizes).map((part) => keep(part));
  return tidy(() => {
    const [xs, dzs] = [parts(x!), parts(dz!)];
    return sizes.map((_, i) => ({ step: numbers[2 * i]!, x: xs[i]!, dz: dzs[i]! }));
  });
}

function beside(values: string, part: string): string {
  return values.replace(/values$/, part);
}

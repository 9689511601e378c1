import { dense, initializers, random, sequential, type SequentialLayer } from '@x/tensor';

/** Units of the hidden layers, by the names that `--model` takes. */
const hiddenUnits = { mlp: [1024, 1024], 'mlp-small': [256], linear: [] } as const;

export type ModelName = keyof typeof hiddenUnits;
export const modelNames = Object.keys(hiddenUnits) as ModelName[];

/** Sizes of all layers from the pixels to the classes, such as 784, 1024, 1024, 10. */
export function layerSizes(model: ModelName, inputs: number, classes: number): number[] {
  return [inputs, ...hiddenUnits[model], classes];
}

/** A multilayer perceptron of these sizes; the seed decides its first weights. */
export function multilayerPerceptron(sizes: readonly number[], seed: number): SequentialLayer {
  const key = random.key(seed);
  const last = sizes.length - 2;
  return sequential(
    sizes.slice(1).map((units, layer) =>
      dense(sizes[layer]!, units, {
        key: random.fold(key, layer),
        ...(layer < last ? { activation: 'relu', init: initializers.heNormal() } : {}),
      }),
    ),
  );
}

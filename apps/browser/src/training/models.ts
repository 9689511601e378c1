import { dense, initializers, random, sequential, type Layer } from '@x/tensor';

export const modelNames = ['mlp'] as const;
export type ModelName = (typeof modelNames)[number];
export const modelTitles: Readonly<Record<ModelName, string>> = { mlp: 'perceptron 784-512-256-10' };

export interface ImageSizes {
  readonly height: number;
  readonly width: number;
}

/** Shape of an image as a model takes it. */
export function inputShape(_model: ModelName, { height, width }: ImageSizes): number[] {
  return [height * width];
}

/** A network with first weights that the seed decides. */
export function network(_model: ModelName, { height, width, classes }: ImageSizes & { readonly classes: number }, seed: number): Layer {
  const [first, second, third] = random.split(random.key(seed), 3);
  const init = initializers.heNormal();
  return sequential([
    dense(height * width, 512, { activation: 'relu', init, key: first! }),
    dense(512, 256, { activation: 'relu', init, key: second! }),
    dense(256, classes, { key: third! }),
  ]);
}

import { conv2d, dense, flatten, initializers, maxPool2d, random, sequential, type Layer } from '@x/tensor';
import type { ModelName } from './model-names.ts';

export interface ImageSizes {
  readonly height: number;
  readonly width: number;
}

interface Model {
  /** Shape of an image as the model takes it. */
  inputShape(sizes: ImageSizes): number[];
  /** A network whose first weights the seed decides. */
  network(sizes: ImageSizes, classes: number, seed: number): Layer;
}

const init = initializers.heNormal();

export const models: Readonly<Record<ModelName, Model>> = {
  cnn: {
    inputShape: ({ height, width }) => [height, width, 1],
    network({ height, width }, classes, seed) {
      const [first, second, third, last] = random.split(random.key(seed), 4);
      const features = sequential([
        conv2d(1, 32, 3, { activation: 'relu', init, key: first! }),
        maxPool2d(2),
        conv2d(32, 64, 3, { activation: 'relu', init, key: second! }),
        maxPool2d(2),
        flatten(),
      ]);
      const [, size] = features.outputShape([null, height, width, 1]);
      return sequential([features, dense(size!, 128, { activation: 'relu', init, key: third! }), dense(128, classes, { key: last! })]);
    },
  },
  mlp: {
    inputShape: ({ height, width }) => [height * width],
    network({ height, width }, classes, seed) {
      const [first, second, last] = random.split(random.key(seed), 3);
      return sequential([
        dense(height * width, 512, { activation: 'relu', init, key: first! }),
        dense(512, 256, { activation: 'relu', init, key: second! }),
        dense(256, classes, { key: last! }),
      ]);
    },
  },
};

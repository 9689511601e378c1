import {
  conv2d,
  dense,
  flatten,
  initializers,
  maxPool2d,
  random,
  sequential,
  unflatten,
  type Key,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';
import { sparseNetwork } from './sparse-network.ts';

/** What the images and their classes are. */
export interface Task {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** A network that `--model` can name. */
export interface Model {
  /** The layers in a few words, such as 784-1024-1024-10. */
  readonly layers: string;
  /** The network, of images as rows of pixels; the key decides its first weights. */
  readonly make: (key: Key) => SequentialLayer;
  /** Sizes of all layers from the pixels to the classes, if it has no other: what the tfjs program of the comparison is made of. */
  readonly sizes?: readonly number[];
  /** Of a sparse network the dense one of the same sizes, which is trained beside it. */
  readonly dense?: Model;
}

/** The networks by the names that `--model` takes. */
const models = {
  mlp: (task: Task) => multilayerPerceptron(task, [1024, 1024]),
  'mlp-small': (task: Task) => multilayerPerceptron(task, [256]),
  linear: (task: Task) => multilayerPerceptron(task, []),
  cnn: convolutionalNetwork,
  sparse: (task: Task) => sparsePerceptron(multilayerPerceptron(task, [1024, 1024])),
} satisfies Record<string, (task: Task) => Model>;

export type ModelName = keyof typeof models;
export const modelNames = Object.keys(models) as ModelName[];

export function modelOf(name: ModelName, task: Task): Model {
  return models[name](task);
}

function multilayerPerceptron({ height, width, classes }: Task, hidden: readonly number[]): Model {
  const sizes = [height * width, ...hidden, classes];
  const last = sizes.length - 2;
  return {
    layers: sizes.join('-'),
    sizes,
    make: (key) =>
      sequential(sizes.slice(1).map((units, layer) => denseLayer(sizes[layer]!, units, random.fold(key, layer), layer < last))),
  };
}

function sparsePerceptron(dense: Model): Model {
  const { sizes = [] } = dense;
  return { layers: `${sizes.join('-')}, sparse`, sizes, dense, make: (key) => sparseNetwork(sizes, key) };
}

/** Two convolutions, each with a pool behind it, and two dense layers. */
function convolutionalNetwork({ height, width, classes }: Task): Model {
  const side = (length: number): number => Math.floor((Math.floor((length - 2) / 2) - 2) / 2);
  const features = side(height) * side(width) * 64;
  const convolution = (channels: number, filters: number, key: Key): Layer =>
    conv2d(channels, filters, 3, { key, activation: 'relu', init: initializers.heNormal() });
  return {
    layers: `conv 3x3x32, pool, conv 3x3x64, pool, dense 128, dense ${classes}`,
    make: (key) => {
      const [first, second, third, fourth] = random.split(key, 4);
      return sequential([
        unflatten([height, width, 1]),
        convolution(1, 32, first),
        maxPool2d(2),
        convolution(32, 64, second),
        maxPool2d(2),
        flatten(),
        denseLayer(features, 128, third, true),
        denseLayer(128, classes, fourth, false),
      ]);
    },
  };
}

function denseLayer(inputs: number, units: number, key: Key, hidden: boolean): Layer {
  return dense(inputs, units, { key, ...(hidden ? { activation: 'relu', init: initializers.heNormal() } : {}) });
}

import {
  activationLayer,
  batchNormLayer,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePool,
  maxPool2d,
  random,
  sequential,
  unflatten,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';

export const imageModels = ['mlp', 'cnn', 'mobile'] as const;
export type ImageModel = (typeof imageModels)[number];

/** Channels and stride of each pair of a depthwise and a pointwise convolution. */
const pairs = [
  ...[[32, 2] as const, [32, 1] as const, [64, 2] as const],
  ...[[64, 1] as const, [64, 1] as const, [64, 1] as const, [128, 2] as const, [128, 1] as const],
];

/**
 * A classifier of 28 by 28 pixels: 784-256-128-10; two convolutions with pools and 800-64-10; or, as MobileNet, a convolution of 16
 * filters and eight pairs of a depthwise and a pointwise one, batch normalization and relu behind each of the 17.
 */
export function imageNetwork(model: ImageModel, seed: number): SequentialLayer {
  if (model === 'mobile') return mobileNetwork(seed);
  const keys = random.split(random.key(seed), 4);
  if (model === 'cnn')
    return sequential([
      unflatten([28, 28, 1]),
      conv2d(1, 16, 3, { activation: 'relu', key: keys[0]! }),
      maxPool2d(2),
      conv2d(16, 32, 3, { activation: 'relu', key: keys[1]! }),
      maxPool2d(2),
      flatten(),
      dense(800, 64, { activation: 'relu', key: keys[2]! }),
      dense(64, 10, { key: keys[3]! }),
    ]);
  return sequential([
    dense(784, 256, { activation: 'relu', key: keys[0] }),
    dense(256, 128, { activation: 'relu', key: keys[1] }),
    dense(128, 10, { key: keys[2] }),
  ]);
}

function mobileNetwork(seed: number): SequentialLayer {
  const keys = random.split(random.key(seed), 2 * pairs.length + 2);
  const layers: Layer[] = [];
  const add = (layer: Layer, channels: number): void => void layers.push(layer, batchNormLayer(channels), activationLayer('relu'));
  const plain = { padding: 'same', bias: false } as const;
  add(conv2d(1, 16, 3, { ...plain, key: keys[0]! }), 16);
  let channels = 16;
  pairs.forEach(([filters, strides], index) => {
    add(depthwiseConv2d(channels, 3, { ...plain, strides, key: keys[2 * index + 1]! }), channels);
    add(conv2d(channels, filters, 1, { ...plain, key: keys[2 * index + 2]! }), filters);
    channels = filters;
  });
  return sequential([unflatten([28, 28, 1]), ...layers, globalAveragePool(), dense(channels, 10, { key: keys.at(-1)! })]);
}

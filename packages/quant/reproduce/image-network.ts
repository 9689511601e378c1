import { conv2d, dense, flatten, maxPool2d, random, sequential, unflatten, type SequentialLayer } from '@x/tensor';

/** A classifier of 28 by 28 pixels: 784-256-128-10, or two convolutions with pools and 800-64-10. */
export function imageNetwork(model: 'mlp' | 'cnn', seed: number): SequentialLayer {
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

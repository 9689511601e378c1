import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, random, residual, sequential, type Layer, type SequentialLayer } from '@x/tensor';
import { importWeights, loadTfjsWeights } from '@x/tensor/import';

/** A small residual dense network (Y. Zhang et al., 2018, arXiv 1802.08797) that makes images twice as large; a layers-model of tfjs. */
export const superResolutionPackage = [
  '@upscalerjs/esrgan-slim@1.0.0',
  'b53070ff01363e74d33138106dcc72b58d341c9fb7e8fd648554a4e7744142b5',
] as const;

/** The network of the package's weights: images [n, height, width, 3] from 0 to 1. */
export async function superResolution(folder: string): Promise<SequentialLayer> {
  const { tensors } = await loadTfjsWeights(join(folder, 'models/x2/model.json'));
  // The key is of no matter, since all weights are replaced.
  const convolution = (name: string, activation: 'linear' | 'relu' = 'linear'): Layer => {
    const { [`${name}/kernel`]: kernel, [`${name}/bias`]: bias } = tensors;
    const [height, width, channels, filters] = kernel!.shape as [number, number, number, number];
    const layer = conv2d(channels, filters, [height, width], { padding: 'same', activation, key: random.key(0) });
    importWeights(layer, { kernel: kernel!, bias: bias! }, { from: 'keras' });
    return layer;
  };
  const block = (index: number): Layer => residual([besideItself(convolution(`F_${index}_1`, 'relu')), convolution(`LFF_${index}`)]);
  const net = sequential([
    convolution('F_m1'),
    residual([convolution('F_0'), block(1), besideItself(block(2)), convolution('GFF_1'), convolution('GFF_2')]),
    ...[convolution('UPN1', 'relu'), convolution('UPN2', 'relu'), convolution('UPN3')],
    twiceAsLarge(),
    convolution('SR'),
  ]);
  tf.dispose(tensors);
  return net;
}

/** x and what a layer makes of it, side by side as channels. */
function besideItself(inner: Layer): Layer {
  return {
    kind: 'besideItself',
    variables: Object.fromEntries(Object.entries(inner.variables).map(([name, variable]) => [`inner.${name}`, variable])),
    parts: { inner },
    withParts: (parts) => besideItself(parts['inner'] as Layer),
    apply: (x, context) => tf.tidy(() => tf.concat([x, inner.apply(x, context)], 3)),
    outputShape: (shape) => [...shape.slice(0, 3), (shape[3] ?? 0) + (inner.outputShape(shape)[3] ?? 0)],
    dispose: () => inner.dispose(),
  };
}

/** Each position four times. */
function twiceAsLarge(): Layer {
  return {
    kind: 'twiceAsLarge',
    variables: {},
    apply: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * x.shape[1]!, 2 * x.shape[2]!]),
    outputShape: ([batch = null, height, width, channels = null]) => [
      batch,
      height ? 2 * height : null,
      width ? 2 * width : null,
      channels,
    ],
    dispose: () => {},
  };
}

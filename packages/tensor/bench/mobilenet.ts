import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { enable } from '../src/index.ts';
import { use } from './backend.ts';
import '@tensorflow/tfjs-backend-wasm';

/** Factor of the width, channels, repeats and stride of each stage, as in M. Sandler et al., "MobileNetV2", 2018, arXiv 1801.04381, table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const SIZE = 96;

/** MobileNetV2's convolutions, with the batch normalization folded into biases, forward, on images [96, 96, 3]. */
export async function mobilenet(): Promise<Comparison[]> {
  await enable();
  const comparisons: Comparison[] = [];
  for (const batch of [1, 32]) {
    comparisons.push(
      await compare({
        name: `MobileNetV2, images [${SIZE}, ${SIZE}, 3], forward, batch ${batch}`,
        candidates: { 'tfjs wasm': network('wasm', batch), x: network('x', batch) },
        seconds: 3,
        warmup: 0.5,
      }),
    );
  }
  return comparisons;
}

type Convolution = (x: tf.Tensor4D) => tf.Tensor4D;

/** What any tfjs user writes: fused convolutions, relu6 between them. */
function network(backend: string, batch: number): Candidate {
  const weights: tf.Tensor[] = [];
  let run: Convolution;
  let images: tf.Tensor4D;
  const drawn = (shape: number[], from: number): tf.Tensor => {
    const weight = tf.randomNormal(shape, 0, (2 / from) ** 0.5);
    weights.push(weight);
    return weight;
  };
  const conv = (size: number, from: number, to: number, strides: number, activation: 'relu6' | 'linear'): Convolution => {
    const [filter, bias] = [drawn([size, size, from, to], size * size * from) as tf.Tensor4D, drawn([to], 100)];
    return (x) => tf.fused.conv2d({ x, filter, bias, strides, pad: 'same', activation });
  };
  const depthwise = (channels: number, strides: number): Convolution => {
    const [filter, bias] = [drawn([3, 3, channels, 1], 9) as tf.Tensor4D, drawn([channels], 100)];
    return (x) => tf.fused.depthwiseConv2d({ x, filter, bias, strides, pad: 'same', activation: 'relu6' });
  };
  const block = (from: number, to: number, factor: number, strides: number): Convolution => {
    const wide = from * factor;
    const parts = [...(factor > 1 ? [conv(1, from, wide, 1, 'relu6')] : []), depthwise(wide, strides), conv(1, wide, to, 1, 'linear')];
    return (x) => {
      const y = parts.reduce((value, part) => part(value), x);
      return strides === 1 && from === to ? tf.add(x, y) : y;
    };
  };
  return {
    setup: async () => {
      await tf.setBackend(backend);
      images = tf.randomNormal([batch, SIZE, SIZE, 3]);
      const layers = [conv(3, 3, 32, 2, 'relu6')];
      let channels = 32;
      for (const [factor, to, repeats, stride] of stages) {
        for (let i = 0; i < repeats; i++) {
          layers.push(block(channels, to, factor, i === 0 ? stride : 1));
          channels = to;
        }
      }
      layers.push(conv(1, 320, 1280, 1, 'relu6'));
      const classifier = drawn([1280, 1000], 1280) as tf.Tensor2D;
      run = (x) => {
        const features = layers.reduce((value, layer) => layer(value), x);
        return tf.matMul(tf.mean(features, [1, 2]) as tf.Tensor2D, classifier) as tf.Tensor as tf.Tensor4D;
      };
    },
    run: () => {
      use(backend);
      tf.tidy(() => void run(images).dataSync());
    },
    teardown: () => tf.dispose([...weights.splice(0), images]),
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { quantize, type QuantizeOptions } from '../../src/index.ts';
import { superResolution } from './super-resolution.ts';

/** An image of the package's, [1, height, width, 3] from 0 to 1. */
async function imageOf(folder: string, name: string): Promise<tf.Tensor4D> {
  const { data, width, height, channels } = decode(await readFile(join(folder, 'assets', name)));
  return tf.tidy(() => {
    const whole = tf.tensor4d(Float32Array.from(data), [1, height, width, channels]);
    return tf.div(tf.slice(whole, [0, 0, 0, 0], [-1, -1, -1, 3]), 255) as tf.Tensor4D;
  });
}

/** Peak signal to noise ratio of images of 8 bits, decibels. */
function psnr(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => {
    const bytes = (x: tf.Tensor): tf.Tensor => tf.round(tf.mul(tf.clipByValue(x, 0, 1), 255));
    return 10 * Math.log10(255 ** 2 / tf.mean(tf.squaredDifference(bytes(a), bytes(b))).dataSync()[0]!);
  });
}

/** esrgan-slim: the package's sample image, twice as large. */
export async function reportSuperResolution(folder: string): Promise<string[]> {
  const net = await superResolution(folder);
  const small = await imageOf(folder, 'fixture.png');
  const published = await imageOf(folder, 'samples/2x/result.png');
  // Parts of the same scene at another scale.
  const large = await imageOf(folder, 'samples/4x/result.png');
  const places = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => [0, 128 * row + 32, 128 * column + 32, 0]));
  const samples = tf.tidy(() => tf.concat(places.map((from) => tf.slice(large, from, [1, 64, 64, 3]))));
  const run = (own: { apply(x: tf.Tensor): tf.Tensor }): tf.Tensor => tf.tidy(() => own.apply(small));
  const float = run(net);
  const nearest = tf.image.resizeNearestNeighbor(small, [published.shape[1], published.shape[2]]);
  const shown = (value: number): string => (value === Infinity ? 'the same bytes' : `${value.toFixed(1)} dB`);
  const rows = [
    `| each pixel four times | ${shown(psnr(nearest, published))} | ${shown(psnr(nearest, float))} | |`,
    `| here, float32 | ${shown(psnr(float, published))} | | 100 % |`,
  ];
  const variants: Record<string, QuantizeOptions> = {
    'here, int8': {},
    'here, int8, one step a layer': { weights: { granularity: 'tensor' } },
  };
  for (const [name, options] of Object.entries(variants)) {
    const q = await quantize(net, { calibrate: samples, unsupported: 'float', ...options });
    const y = run(q);
    const { bytes, floatBytes } = q.report();
    rows.push(`| ${name} | ${shown(psnr(y, published))} | ${shown(psnr(y, float))} | ${((100 * bytes) / floatBytes).toFixed(1)} % |`);
    y.dispose();
    q.dispose();
  }
  tf.dispose([small, published, large, samples, float, nearest]);
  net.dispose();
  return [
    '## esrgan-slim: images twice as large',
    '',
    `\`@upscalerjs/esrgan-slim\` 1.0.0, a layers-model of tfjs: 12 convolutions, sums and rows of channels. Its sample image of 128 by 128; ranges from parts of another of its images. Peak signal to noise ratio on 8-bit pixels.`,
    '',
    '| | to the image in the package | to float32 here | bytes |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

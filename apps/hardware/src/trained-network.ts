import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sparseLinear } from '@x/sparse';
import {
  conv2d,
  dense,
  flatten,
  maxPool2d,
  openSafetensors,
  random,
  sequential,
  unflatten,
  type Layer,
  type SequentialLayer,
} from '@x/tensor';

/** A network that the demo trained, with what it found of it. */
export interface TrainedNetwork {
  readonly name: string;
  readonly layers: string;
  /** On the test images, 0 to 1. */
  readonly accuracy: number;
  /** The network's structure; its weights are of no account here. */
  readonly net: SequentialLayer;
  /** Values of one image. */
  readonly inputs: number;
}

/** What is read of the demo's `report.json`. */
interface DemoReport {
  readonly options: { readonly model: string };
  readonly network: { readonly layers: string };
  readonly test: { readonly accuracy: number };
}

const SIDE = 28;

/**
 * The network in a directory of the demo's results: its layers by the names and shapes of the saved tensors.
 *
 * @throws Error that says how to train one, if there is none.
 */
export async function trainedNetwork(directory: string): Promise<TrainedNetwork> {
  const [model, report] = [join(directory, 'model.safetensors'), join(directory, 'report.json')];
  for (const file of [model, report])
    try {
      await access(file);
    } catch {
      throw new Error(
        `There is no '${file}'. Train a network first, which takes a minute or two: npm run demo -- --no-compare --out ${directory} (a sparse one: --model sparse --out ${directory}-sparse), or name the directory of another with --models.`,
      );
    }
  const { options, network, test } = JSON.parse(await readFile(report, 'utf8')) as DemoReport;
  const file = await openSafetensors(model);
  try {
    const shapes = Object.fromEntries([...file.tensors].map(([name, { shape }]) => [name, shape]));
    const inputs = Number(/^(\d+)-/.exec(network.layers)?.[1] ?? SIDE ** 2);
    return { name: options.model, layers: network.layers, accuracy: test.accuracy, net: networkOf(shapes, inputs), inputs };
  } finally {
    await file.close();
  }
}

/**
 * A network of layers like those that were saved: `<place>.weight` of two sizes is a dense layer, of four a convolution, which the demo follows by a pool; `<place>.values`
 * are the non-zeros of a sparse layer.
 */
export function networkOf(shapes: Readonly<Record<string, readonly number[]>>, inputs: number): SequentialLayer {
  const key = random.key(0);
  const layers: Layer[] = [];
  const places = [...new Set(Object.keys(shapes).map((name) => Number(name.split('.')[0])))].toSorted((a, b) => a - b);
  const convolutional = places.filter((place) => shapes[`${place}.weight`]?.length === 4);
  let width = inputs;
  for (const place of places) {
    const [weight, values, bias] = ['weight', 'values', 'bias'].map((part) => shapes[`${place}.${part}`]);
    if (weight?.length === 4) {
      const [window, , channels, filters] = weight as [number, number, number, number];
      if (place === convolutional[0]) layers.push(unflatten([SIDE, SIDE, channels]));
      layers.push(conv2d(channels, filters, window, { key }), maxPool2d(2));
      if (place === convolutional.at(-1)) layers.push(flatten());
    } else if (weight?.length === 2) {
      layers.push(dense(weight[0]!, weight[1]!, { key }));
      width = weight[1]!;
    } else if (values && bias) {
      const units = bias[0]!;
      layers.push(sparseLinear(width, units, { density: values[0]! / (width * units), key }));
      width = units;
    } else throw new Error(`The saved tensors of layer ${place} aren't those of a layer the demo has: ${Object.keys(shapes).join(', ')}.`);
  }
  return sequential(layers);
}

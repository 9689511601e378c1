import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { conv2d, random, sequential, type SequentialLayer } from '@x/tensor';
import { importWeights, loadTfjsWeights } from '@x/tensor/import';

/** Spotify's Basic Pitch (R. M. Bittner et al., 2022, arXiv 2203.09893): six convolutions on spectra whose harmonics are stacked as channels. */
export const basicPitchPackage = [
  '@spotify/basic-pitch@1.0.1',
  '8efee25e266e4a06bb2a8f3a86ad934179a2db2845c1544a9b2e43b37a74a874',
] as const;

/** Its convolutions, in the rows that follow one another. */
export interface BasicPitch {
  /** Spectra to contours, three bins a semitone: two convolutions. */
  readonly contours: SequentialLayer;
  /** Contours to notes: two. */
  readonly notes: SequentialLayer;
  /** Spectra to what onsets are found in: one. */
  readonly onsetFeatures: SequentialLayer;
  /** Notes and these to onsets: one. */
  readonly onsets: SequentialLayer;
}

export type Part = keyof BasicPitch;
export const parts: readonly Part[] = ['contours', 'notes', 'onsetFeatures', 'onsets'];
export const SAMPLE_RATE = 22_050;
/** Samples of a window of audio, and the frames they become. */
export const SAMPLES: number = 2 * SAMPLE_RATE - 256;
/** Notes of a piano; the lowest is MIDI 21. */
export const LOWEST = 21;

const graph = 'StatefulPartitionedCall/model_1';

/** The network of the package's weights. */
export async function basicPitch(folder: string): Promise<BasicPitch> {
  // The key is of no matter, since all weights are replaced.
  const same = { padding: 'same', key: random.key(0) } as const;
  const net: BasicPitch = {
    contours: sequential([conv2d(8, 8, [3, 39], { ...same, activation: 'relu' }), conv2d(8, 1, 5, { ...same, activation: 'sigmoid' })]),
    notes: sequential([
      conv2d(1, 32, 7, { ...same, strides: [1, 3], activation: 'relu' }),
      conv2d(32, 1, [7, 3], { ...same, activation: 'sigmoid' }),
    ]),
    onsetFeatures: sequential([conv2d(8, 32, 5, { ...same, strides: [1, 3], activation: 'relu' })]),
    onsets: sequential([conv2d(33, 1, 3, { ...same, activation: 'sigmoid' })]),
  };
  const { tensors } = await loadTfjsWeights(join(folder, 'model/model.json'));
  const kernel = (name: string): readonly [tf.Tensor, tf.Tensor] => {
    const of = (endings: readonly string[]): tf.Tensor => {
      const found = endings.map((ending) => tensors[`${graph}/${name}/${ending}`]).find((tensor) => tensor !== undefined);
      if (!found) throw new Error(`The model has no ${name}/${endings.join(' or ')}.`);
      return found;
    };
    return [of(['Conv2D_weights', 'Conv2D/ReadVariableOp']), of(['Conv2D_bn_offset', 'BiasAdd/ReadVariableOp'])];
  };
  const give = (own: SequentialLayer, names: readonly string[]): void => {
    const entries = names.map(kernel).flatMap(([weight, bias], index) => [
      [`${index}/kernel`, weight],
      [`${index}/bias`, bias],
    ]);
    importWeights(own, Object.fromEntries(entries), { from: 'keras' });
  };
  give(net.contours, ['conv2d_1', 'contours-reduced']);
  give(net.notes, ['conv2d_2', 'conv2d_3']);
  give(net.onsetFeatures, ['conv2d_4']);
  give(net.onsets, ['conv2d_5']);
  tf.dispose(tensors);
  return net;
}

/** The package's own graph, run by tfjs's executor: the reference, and what makes spectra of audio. */
export async function basicPitchGraph(folder: string): Promise<GraphModel> {
  const files = join(folder, 'model');
  const fetchFunc = async (url: string): Promise<Response> => new Response(await readFile(join(files, url.split('/').at(-1)!)));
  return loadGraphModel(tf.io.http('https://model.example/model.json', { fetchFunc: fetchFunc as never }));
}

export type Spectra = Readonly<Record<'stacked' | 'forOnsets', tf.Tensor>>;

/** Audio [n, SAMPLES] to the inputs of the first convolutions, [n, 172, 264, 8], and what the graph itself makes of it. */
export function spectraOf(model: GraphModel, audio: tf.Tensor): Spectra & Readonly<Record<'notes' | 'onsets', tf.Tensor>> {
  const names = [
    `${graph}/harmonic_stacking/strided_slice_7`,
    `${graph}/harmonic-stacking-diff/strided_slice_7`,
    'Identity_1',
    'Identity_2',
  ];
  const [stacked, forOnsets, notes, onsets] = model.execute(tf.reshape(audio, [-1, SAMPLES, 1]), names) as tf.Tensor[];
  return { stacked: stacked!, forOnsets: forOnsets!, notes: notes!, onsets: onsets! };
}

/** What each convolution of a network, or of its quantized self, gets and gives. */
export type Activations = Readonly<Record<Part | 'joined', tf.Tensor>>;

/** Notes and onsets [n, 172, 88, 1], from 0 to 1, and what is between. */
export function transcribe(net: Readonly<Record<Part, { apply(x: tf.Tensor): tf.Tensor }>>, { stacked, forOnsets }: Spectra): Activations {
  const contours = net.contours.apply(stacked);
  const notes = net.notes.apply(contours);
  const onsetFeatures = net.onsetFeatures.apply(forOnsets);
  const joined = tf.concat([notes, onsetFeatures], 3);
  return { contours, notes, onsetFeatures, joined, onsets: net.onsets.apply(joined) };
}

import * as tf from '@tensorflow/tfjs-core';
import { quantize, type QuantizedNetwork, type QuantizeOptions } from '../../src/index.ts';
import { toOnnx } from '../../src/onnx.ts';
import {
  basicPitch,
  basicPitchGraph,
  LOWEST,
  parts,
  SAMPLE_RATE,
  SAMPLES,
  spectraOf,
  transcribe,
  type Activations,
  type Part,
  type Spectra,
} from './basic-pitch.ts';
import { onnxruntimeOutput } from './onnxruntime.ts';

/** Where Basic Pitch's own program takes a note, and its onset, to be there. */
const NOTE = 0.3;
const ONSET = 0.5;

const frequencyOf = (midi: number): number => 440 * 2 ** ((midi - 69) / 12);

/** A window of audio for each list of notes: tones of half a second to a second and a half, with so many harmonics. */
function audioOf(windows: readonly (readonly number[])[], harmonics: number): Float32Array {
  const audio = new Float32Array(windows.length * SAMPLES);
  windows.forEach((notes, window) => {
    for (const midi of notes)
      for (let harmonic = 1; harmonic <= harmonics; harmonic++) {
        const step = (2 * Math.PI * harmonic * frequencyOf(midi)) / SAMPLE_RATE;
        if (step >= Math.PI) break;
        for (let at = SAMPLE_RATE / 2; at < 1.5 * SAMPLE_RATE; at++) {
          const time = (at - SAMPLE_RATE / 2) / SAMPLE_RATE;
          audio[window * SAMPLES + at]! += ((0.4 / harmonic) * Math.exp(-1.5 * time) * Math.sin(step * at)) / notes.length;
        }
      }
  });
  return audio;
}

/** The note of each window that is strongest over its frames, as MIDI's number. */
function strongest(notes: Float32Array): number[] {
  const [frames, keys] = [172, 88];
  return Array.from({ length: notes.length / (frames * keys) }, (_, window) => {
    const sums = new Float64Array(keys);
    for (let at = 0; at < frames * keys; at++) sums[at % keys]! += notes[window * frames * keys + at]!;
    return LOWEST + sums.indexOf(Math.max(...sums));
  });
}

interface Answer {
  readonly notes: Float32Array;
  readonly onsets: Float32Array;
}

/** Of the cells where one of two says that there is something, percent where both do. */
function overlap(ours: Float32Array, theirs: Float32Array, threshold: number): string {
  let [both, either] = [0, 0];
  ours.forEach((value, at) => {
    const [a, b] = [value > threshold, theirs[at]! > threshold];
    if (a && b) both++;
    if (a || b) either++;
  });
  return `${((100 * both) / either).toFixed(1)} %`;
}

/** Basic Pitch: which notes are in tones. */
export async function reportPitch(folder: string): Promise<string[]> {
  const [net, graph] = [await basicPitch(folder), await basicPitchGraph(folder)];
  const played = Array.from({ length: 24 }, (_, index) => 48 + index);
  const windows = [[69], ...played.map((midi) => [midi]), [60, 64, 67], [57, 60, 64], [62, 65, 69], [55, 59, 62, 65]];
  const audio = Float32Array.from([...audioOf([[69]], 1), ...audioOf(windows.slice(1), 6)]);
  const forRanges = audioOf([[50], [53, 61], [64, 71], [79, 52]], 4);
  const spectra = (values: Float32Array): ReturnType<typeof spectraOf> =>
    tf.tidy(() => spectraOf(graph, tf.tensor2d(values, [values.length / SAMPLES, SAMPLES])));
  const [samples, test] = [spectra(forRanges), spectra(audio)];
  const seen = tf.tidy(() => transcribe(net, samples));

  /** Window by window, since whole activations would be large. */
  const run = (own: Parameters<typeof transcribe>[0]): Answer => {
    const [notes, onsets]: number[][] = [[], []];
    for (let window = 0; window < windows.length; window++)
      tf.tidy(() => {
        const part = (x: tf.Tensor): tf.Tensor => tf.slice(x, window, 1);
        const { notes: n, onsets: o }: Activations = transcribe(own, {
          stacked: part(test.stacked),
          forOnsets: part(test.forOnsets),
        } satisfies Spectra);
        for (const value of n.dataSync()) notes!.push(value);
        for (const value of o.dataSync()) onsets!.push(value);
      });
    return { notes: Float32Array.from(notes!), onsets: Float32Array.from(onsets!) };
  };
  const reference: Answer = { notes: test.notes.dataSync() as Float32Array, onsets: test.onsets.dataSync() as Float32Array };
  const float = run(net);
  const apart = float.notes.reduce((most, value, at) => Math.max(most, Math.abs(value - reference.notes[at]!)), 0);
  const row = (name: string, answer: Answer, bytes: string): string => {
    const found = strongest(answer.notes);
    const hits = played.filter((midi, index) => found[index + 1] === midi).length;
    return `| ${name} | ${found[0]} | ${hits} of ${played.length} | ${overlap(answer.notes, reference.notes, NOTE)} | ${overlap(answer.onsets, reference.onsets, ONSET)} | ${bytes} |`;
  };
  const rows = [row("tfjs's executor on the package's graph, float32", reference, ''), row('here, float32', float, '100 %')];
  const variants: Record<string, QuantizeOptions> = {
    'here, int8': {},
  };
  const inputs: Record<Part, tf.Tensor> = {
    contours: samples.stacked,
    notes: seen.contours,
    onsetFeatures: samples.forOnsets,
    onsets: seen.joined,
  };
  for (const [name, options] of Object.entries(variants)) {
    const made: [string, QuantizedNetwork][] = [];
    for (const part of parts) made.push([part, await quantize(net[part], { calibrate: inputs[part], ...options })]);
    const q = Object.fromEntries(made) as Record<Part, QuantizedNetwork>;
    const reports = made.map(([, own]) => own.report());
    const sum = (of: 'bytes' | 'floatBytes'): number => reports.reduce((total, report) => total + report[of], 0);
    const answer = run(q);
    rows.push(row(name, answer, `${((100 * sum('bytes')) / sum('floatBytes')).toFixed(1)} %`));
    if (name === 'here, int8')
      for (const form of ['qdq', 'qoperator'] as const)
        rows.push(row(`the same as ONNX (\`${form}\`), run by onnxruntime`, await byOnnxruntime(q, test, form), ''));
    for (const [, own] of made) own.dispose();
  }
  tf.dispose([samples, test, seen] as never);
  for (const part of parts) net[part].dispose();
  graph.dispose();
  return [
    '## Basic Pitch: notes in audio',
    '',
    `\`@spotify/basic-pitch\` 1.0.1, a graph-model of tfjs: its six convolutions; spectra are made by its own graph. A sine of 440 Hz (MIDI 69); ${played.length} tones of six harmonics, MIDI ${played[0]} to ${played.at(-1)}; four chords. Float here is the graph's within ${apart.toExponential(1)}.`,
    '',
    `| | 440 Hz | tones | notes as the graph (above ${NOTE}) | onsets (above ${ONSET}) | bytes |`,
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'Notes and onsets: of the places (a note in a frame) that one of the two finds, how many both do.',
    '',
  ];
}

async function byOnnxruntime(
  q: Readonly<Record<Part, QuantizedNetwork>>,
  { stacked, forOnsets }: Spectra,
  form: 'qdq' | 'qoperator',
): Promise<Answer> {
  const run = async (part: Part, x: tf.Tensor, channels: number, keys: number): Promise<tf.Tensor> => {
    const y = await onnxruntimeOutput(toOnnx(q[part], { form }), x);
    return tf.tensor4d(y, [x.shape[0]!, 172, keys, channels]);
  };
  const contours = await run('contours', stacked, 1, 264);
  const notes = await run('notes', contours, 1, 88);
  const features = await run('onsetFeatures', forOnsets, 32, 88);
  const joined = tf.concat([notes, features], 3);
  const onsets = await run('onsets', joined, 1, 88);
  const answer = { notes: Float32Array.from(notes.dataSync()), onsets: Float32Array.from(onsets.dataSync()) };
  tf.dispose([contours, notes, features, joined, onsets]);
  return answer;
}

/** Saves more than there is room for in the folder that it is given, and reports what that did. */
import '@tensorflow/tfjs-backend-cpu';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { loadSafetensors, saveSafetensors } from '@x/tensor';

const folder = process.argv[2] as string;
const path = join(folder, 'a.safetensors');
await tf.setBackend('cpu');
const read = async (): Promise<number[]> => [...(await loadSafetensors(path)).tensors['x']!.dataSync()];
await saveSafetensors(path, { x: tf.tensor1d([1, 2, 3]) });
const error = await saveSafetensors(path, { x: tf.zeros([1_000_000]) }).then(
  () => undefined,
  ({ name, code, message }: NodeJS.ErrnoException) => ({ name, code, message }),
);
const after = { files: await readdir(folder), values: await read() };
await saveSafetensors(path, { x: tf.tensor1d([4]) });
console.log(JSON.stringify({ error, after, again: await read() }));

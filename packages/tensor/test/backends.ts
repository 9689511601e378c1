import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disable, enable, type Tier } from '../src/index.ts';

/** What public functions are tested on: tfjs's own backend for plain JavaScript, and ours at each tier. */
export const backends: readonly string[] = ['cpu', 'x simd', 'x relaxed', 'x wide'];

/** Makes a backend of the list the current one. */
export async function useBackend(name: string): Promise<void> {
  await disable();
  if (name === 'cpu') await tf.setBackend('cpu');
  else await enable({ tier: name.slice(2) as Tier, threads: 2 });
}

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disable, enable } from '@x/tensor';

/** What everything is tested on: tfjs's own backend for plain JavaScript, and ours. */
export const backends: readonly string[] = ['cpu', 'x'];

export async function useBackend(name: string): Promise<void> {
  await disable();
  if (name === 'cpu') await tf.setBackend('cpu');
  else {
    const runtime = await enable({ threads: 2 });
    await Promise.all([runtime.load('quant'), runtime.load('storage')]);
  }
}

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

/** The backends every gradient is tested on; another joins by one line that makes it available. */
export const backends: readonly string[] = ['cpu'];

/** Makes a backend of the list the current one. */
export async function useBackend(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`backend ${name} could not be initialised`);
  await tf.ready();
}

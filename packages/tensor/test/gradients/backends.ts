import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { enable } from '../../src/index.ts';

/** How to make each backend the current one; every gradient is tested on all of them, and another joins by one line. */
const starters: Record<string, () => Promise<unknown>> = {
  cpu: () => tf.setBackend('cpu'),
  x: () => enable(),
};

/** Names of the backends under test. */
export const backends: readonly string[] = Object.keys(starters);

/** Makes a backend of the list the current one. */
export async function useBackend(name: string): Promise<void> {
  await starters[name]?.();
  if (tf.getBackend() !== name) throw new Error(`backend ${name} could not be initialised`);
}

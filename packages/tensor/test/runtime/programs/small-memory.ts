/** Enables on an engine that, as a telephone's, sets aside no more than 1 GiB of addresses for a memory, and reports what it got. */
import * as tf from '@tensorflow/tfjs-core';
import { enable } from '@x/tensor';

const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    if ((descriptor.maximum ?? 0) > 2 ** 30 / 65536) throw new RangeError('could not allocate memory');
    super(descriptor);
  }
};
const { limits, memory } = await enable({ threads: 1 });
const value = tf.tidy(() => tf.sum(tf.ones([100, 100])).dataSync()[0]);
console.log(JSON.stringify({ limits: limits.filter((limit) => limit.startsWith('heap')), limit: memory().limit, value }));

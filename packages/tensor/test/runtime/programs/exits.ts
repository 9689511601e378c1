/** Enables, computes on all threads and comes to its end without disabling. */
import * as tf from '@tensorflow/tfjs-core';
import { enable } from '@x/tensor';

const { threads } = await enable({ threads: 3 });
const product = tf.matMul(tf.ones([256, 256]), tf.ones([256, 256]));
console.log(JSON.stringify({ threads, value: product.dataSync()[0] }));

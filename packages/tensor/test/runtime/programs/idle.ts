/** Reports the processor time that a second of doing nothing takes, after work on all threads. */
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { enable } from '@x/tensor';

await enable({ threads: 4 });
for (let i = 0; i < 20; i++) tf.matMul(tf.ones([256, 256]), tf.ones([256, 256])).dispose();
await setTimeout(100);
const before = process.cpuUsage();
await setTimeout(1000);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ milliseconds: (user + system) / 1000 }));

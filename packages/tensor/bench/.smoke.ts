import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { enable, disable } from '../src/index.ts';
await enable();
const l=tf.tensor1d([1,2],'int32');
console.log(tf.oneHot(l,3,1,0,'float32').dataSync(), tf.cast(tf.oneHot(l,3),'float32').dataSync());
await tf.setBackend('wasm');
console.log(tf.oneHot(l,3,1,0,'float32').dataSync());
await disable();

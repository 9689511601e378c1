import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
// tfjs's own backends train by these; backend x brings its own.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { enable, type EnableOptions } from '@x/tensor';
import { expose } from 'comlink';
import type { ModelName } from '../training/model-names.ts';
import { measureBackend, type BackendSpeed } from './measure.ts';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedSimd,
});
tf.enableProdMode();

const comparison = {
  /** Measures `x`, or one of tfjs's own backends. */
  async measure(backend: string, model: ModelName, options: EnableOptions): Promise<BackendSpeed> {
    if (backend === 'x') await enable(options);
    return measureBackend(backend, model);
  },
};
export type Comparison = typeof comparison;

expose(comparison);

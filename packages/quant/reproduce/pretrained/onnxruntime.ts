import type { Tensor } from '@tensorflow/tfjs-core';
import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';

/** What onnxruntime-web computes of a model of one input and one output, on one thread. */
export async function onnxruntimeOutput(model: Uint8Array, x: Tensor): Promise<Float32Array> {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  try {
    const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]];
    const results = await session.run({ [input]: new OrtTensor('float32', Float32Array.from(x.dataSync()), x.shape) });
    return Float32Array.from((results[output] as OrtTensor).data as Float32Array);
  } finally {
    await session.release();
  }
}

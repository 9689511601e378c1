import { InferenceSession, Tensor as OrtTensor, env } from 'onnxruntime-web';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What onnxruntime computes from a model's `x`: its `y`, on one thread of WebAssembly. */
export async function runOnnxruntime(model: Uint8Array, x: Tensor): Promise<Float32Array> {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  try {
    const values =
      x.dtype === 'int32'
        ? new OrtTensor('int32', Int32Array.from(x.dataSync()), x.shape)
        : new OrtTensor('float32', Float32Array.from(x.dataSync()), x.shape);
    const { y } = await session.run({ x: values });
    return (y as OrtTensor).data as Float32Array;
  } finally {
    await session.release();
  }
}

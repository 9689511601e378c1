import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { attention, attentionGradient, type Attention, type AttentionMask } from '../kernels/attention.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

interface Attributes {
  readonly scale: number;
  readonly causal: boolean;
}

/** What both kernels have in common: float32 q [b, h, queries, depth], k [b, h, keys, depth], v [b, h, keys, valueDepth], and a mask that broadcasts to [b, h, queries, keys]. */
function attentionOf({ inputs, attrs, backend }: KernelCall): Attention {
  const { q, k, v, mask } = inputs as Record<string, TensorInfo> & { q: TensorInfo; k: TensorInfo; v: TensorInfo };
  const [examples = 0, headsOfExample = 0, queries = 0, depth = 0] = q.shape;
  const keys = k.shape[2] as number;
  util.assertShapesMatch(k.shape, [examples, headsOfExample, keys, depth], 'Error in XAttention, k: ');
  const valueDepth = v.shape[3] as number;
  util.assertShapesMatch(v.shape, [examples, headsOfExample, keys, valueDepth], 'Error in XAttention, v: ');
  const { scale, causal } = attrs as unknown as Attributes;
  return {
    q: backend.address(q),
    k: backend.address(k),
    v: backend.address(v),
    heads: examples * headsOfExample,
    headsOfExample,
    queries,
    keys,
    depth,
    valueDepth,
    scale,
    causal,
    mask: mask && maskOf(backend, mask),
  };
}

function maskOf(backend: XBackend, mask: TensorInfo): AttentionMask {
  const strides = [0, 0, 0, 0];
  let step = 1;
  for (let axis = 1; axis <= mask.shape.length; axis++) {
    const size = mask.shape[mask.shape.length - axis] as number;
    strides[4 - axis] = size === 1 ? 0 : step;
    step *= size;
  }
  const [ofExample = 0, ofHead = 0, ofQuery = 0, ofKey = 0] = strides;
  return { address: backend.address(mask), ofExample, ofHead, ofQuery, ofKey };
}

/** -> [out [b, h, queries, valueDepth], logarithms of the sums [b, h, queries], which the gradient takes]. */
const forward: BackendKernel = {
  name: 'XAttention',
  run: (call) => {
    const { backend } = call;
    const { q, v } = call.inputs as { q: TensorInfo; v: TensorInfo };
    const out = backend.makeOutput([...q.shape.slice(0, 3), v.shape[3] as number], 'float32');
    const logSums = backend.makeOutput(q.shape.slice(0, 3), 'float32');
    attention(backend.kernels, { ...attentionOf(call), to: backend.address(out), logSums: backend.address(logSums) });
    return [out, logSums];
  },
};

/** dout, the inputs and outputs of the forward pass -> [dq, dk, dv]. */
const backward: BackendKernel = {
  name: 'XAttentionGrad',
  run: (call) => {
    const { backend } = call;
    const { q, k, v, out, logSums, dout } = call.inputs as Record<'q' | 'k' | 'v' | 'out' | 'logSums' | 'dout', TensorInfo>;
    const outputs = [q, k, v].map(({ shape }) => backend.makeOutput(shape, 'float32'));
    const [dq, dk, dv] = outputs.map((tensor) => backend.address(tensor)) as [number, number, number];
    attentionGradient(backend.kernels, {
      ...attentionOf(call),
      out: backend.address(out),
      logSums: backend.address(logSums),
      dout: backend.address(dout),
      dq,
      dk,
      dv,
    });
    return outputs;
  },
};

export const attentionKernels: readonly BackendKernel[] = [forward, backward];

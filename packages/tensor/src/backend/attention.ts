import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  attention,
  attentionGradient,
  type Attention,
  type AttentionDropout,
  type AttentionMask,
  type Heads,
} from '../kernels/attention.ts';
import type { XBackend } from './backend.ts';
import type { BackendKernel, KernelCall } from './kernel.ts';

interface Attributes {
  readonly scale: number;
  readonly causal: boolean;
  readonly dropout?: AttentionDropout;
  /** Of `XMultiHeadAttention`. */
  readonly heads: number;
}

/** How the operands of an attention lie, and what it gives. */
interface Layout extends Omit<Attention, 'scale' | 'causal' | 'mask' | 'dropout'> {
  /** Elements of the whole tensors that q, k and v lie in, from which on each does; of self-attention's heads it is one tensor. */
  readonly inputs: readonly TensorInfo[];
  readonly shape: number[];
  /** Where the result and its gradient are, for the address of either. */
  readonly to: (address: number) => Heads;
}

/** float32 q [b, h, queries, depth], k [b, h, keys, depth], v [b, h, keys, valueDepth]. */
function separate({ inputs, backend }: KernelCall): Layout {
  const { q, k, v } = inputs as Record<'q' | 'k' | 'v', TensorInfo>;
  const [examples = 0, headsOfExample = 0, queries = 0, depth = 0] = q.shape;
  const keys = k.shape[2] as number;
  util.assertShapesMatch(k.shape, [examples, headsOfExample, keys, depth], 'Error in XAttention, k: ');
  const valueDepth = v.shape[3] as number;
  util.assertShapesMatch(v.shape, [examples, headsOfExample, keys, valueDepth], 'Error in XAttention, v: ');
  const inOrder = (address: number, length: number, width: number): Heads => ({
    address,
    ofExample: headsOfExample * length * width,
    ofHead: length * width,
    ofRow: width,
  });
  return {
    inputs: [q, k, v],
    q: inOrder(backend.address(q), queries, depth),
    k: inOrder(backend.address(k), keys, depth),
    v: inOrder(backend.address(v), keys, valueDepth),
    heads: examples * headsOfExample,
    headsOfExample,
    queries,
    keys,
    depth,
    valueDepth,
    shape: [examples, headsOfExample, queries, valueDepth],
    to: (address) => inOrder(address, queries, valueDepth),
  };
}

/** float32 query [b, queries, h·depth] and keyValue [b, keys, 2·h·depth], keys before values; without it, query holds all three side by side. */
function sideBySide({ inputs, attrs, backend }: KernelCall): Layout {
  const { query, keyValue = query } = inputs as { query: TensorInfo; keyValue?: TensorInfo };
  const { heads } = attrs as unknown as Attributes;
  const own = keyValue === query;
  const [examples = 0, queries = 0, columns = 0] = query.shape;
  const width = own ? columns / 3 : columns;
  const keys = keyValue.shape[1] as number;
  util.assertShapesMatch(keyValue.shape, [examples, keys, (own ? 3 : 2) * width], 'Error in XMultiHeadAttention: ');
  const depth = width / heads;
  const part = (address: number, index: number, length: number, row: number): Heads => ({
    address: address + index * width * 4,
    ofExample: length * row,
    ofHead: depth,
    ofRow: row,
  });
  const row = keyValue.shape[2] as number;
  const from = backend.address(keyValue);
  return {
    inputs: own ? [query] : [query, keyValue],
    q: part(backend.address(query), 0, queries, columns),
    k: part(from, own ? 1 : 0, keys, row),
    v: part(from, own ? 2 : 1, keys, row),
    heads: examples * heads,
    headsOfExample: heads,
    queries,
    keys,
    depth,
    valueDepth: depth,
    shape: [examples, queries, width],
    to: (address) => part(address, 0, queries, width),
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

function common({ inputs, attrs, backend }: KernelCall): Pick<Attention, 'scale' | 'causal' | 'mask' | 'dropout'> {
  const mask = inputs['mask'] as TensorInfo | undefined;
  const { scale, causal, dropout } = attrs as unknown as Attributes;
  return { scale, causal, dropout, mask: mask && maskOf(backend, mask) };
}

/** -> [the result, logarithms of the sums [b, h, queries], which the gradient takes]. */
const forward = (name: string, layoutOf: (call: KernelCall) => Layout): BackendKernel => ({
  name,
  run: (call) => {
    const { backend } = call;
    const { shape, to, ...layout } = layoutOf(call);
    const { heads, headsOfExample, queries } = layout;
    const out = backend.makeOutput(shape, 'float32');
    const logSums = backend.makeOutput([headsOfExample && heads / headsOfExample, headsOfExample, queries], 'float32');
    attention(backend.kernels, { ...layout, ...common(call), to: to(backend.address(out)), logSums: backend.address(logSums) });
    return [out, logSums];
  },
});

/** dout, the inputs and outputs of the forward pass -> the gradients of the tensors that q, k and v lie in. */
const backward = (name: string, layoutOf: (call: KernelCall) => Layout): BackendKernel => ({
  name,
  run: (call) => {
    const { backend } = call;
    const { out, logSums, dout } = call.inputs as Record<'out' | 'logSums' | 'dout', TensorInfo>;
    const { inputs, to, ...layout } = layoutOf(call);
    const gradients = inputs.map(({ shape }) => backend.makeOutput(shape, 'float32'));
    // An operand's gradient is as far from its tensor's as the operand is from its tensor.
    const moved = inputs.map((tensor, index) => backend.address(gradients[index] as TensorInfo) - backend.address(tensor));
    const last = moved.length - 1;
    attentionGradient(backend.kernels, {
      ...layout,
      ...common(call),
      out: backend.address(out),
      logSums: backend.address(logSums),
      dout: to(backend.address(dout)),
      dq: layout.q.address + (moved[0] as number),
      dk: layout.k.address + (moved[Math.min(1, last)] as number),
      dv: layout.v.address + (moved[last] as number),
    });
    return gradients;
  },
});

export const attentionKernels: readonly BackendKernel[] = [
  forward('XAttention', separate),
  backward('XAttentionGrad', separate),
  forward('XMultiHeadAttention', sideBySide),
  backward('XMultiHeadAttentionGrad', sideBySide),
];

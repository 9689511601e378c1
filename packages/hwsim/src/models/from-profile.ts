import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph, Operation, TensorFormat } from '../graph/layer.ts';
import { requireInteger, requireOptions } from '../validation.ts';

type Shape = readonly number[];

/** What `tf.profile` tells of a kernel that ran. */
export interface ProfiledKernel {
  readonly name: string;
  readonly inputShapes: readonly (Shape | null | undefined)[];
  readonly outputShapes: readonly Shape[];
}

/** Kernels that move nothing. */
const views = new Set(['Reshape', 'Identity', 'ExpandDims', 'Squeeze', 'Flatten']);

const size = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/**
 * The layer graph of whatever tfjs ran under `tf.profile`: of any model, in forward direction. Sizes are the kernels'; as a profile doesn't say who reads whom, each
 * layer reads the one before it. The batch is what the inputs had.
 *
 * @param profile the result of `await tf.profile(() => net.apply(x))`
 * @param options.batch samples that ran; 1 when left out
 * @throws RangeError when no kernel that computes was run, or a shape isn't understood, naming the kernel
 * @example fromProfile(await tf.profile(() => model.predict(tf.zeros([32, 784]))), { batch: 32 })
 */
export function fromProfile(
  profile: { readonly kernels: readonly ProfiledKernel[] },
  options: { name?: string; batch?: number } = {},
): LayerGraph {
  const { name = 'profile', batch = 1 } = requireOptions(options);
  requireInteger('options.batch', batch);
  if (!Array.isArray(profile?.kernels)) throw new RangeError('profile has no kernels; give it what tf.profile(...) resolves to');
  const layers: Layer[] = [];
  (profile.kernels as readonly ProfiledKernel[]).forEach((kernel, i) => {
    if (views.has(kernel.name)) return;
    const output = kernel.outputShapes[0];
    if (!output || size(output) === 0) return;
    const inputs = kernel.inputShapes.filter((shape): shape is Shape => shape != null);
    const fail = (reason: string): never => {
      throw new RangeError(`kernel ${i} of the profile, ${kernel.name}: ${reason}`);
    };
    const { operation, weights } = understand(kernel.name, inputs, kernel.outputShapes, fail);
    layers.push({ name: `${i} ${kernel.name}`, operation, ...(weights && { weights }) });
  });
  if (layers.length === 0) throw new RangeError('the profile holds no kernel that computes; run the model within tf.profile');
  return layerGraph(name, layers, { batch });
}

function understand(
  kernel: string,
  inputs: readonly Shape[],
  outputs: readonly Shape[],
  fail: (reason: string) => never,
): { operation: Operation; weights?: TensorFormat } {
  const [x, filter] = inputs;
  const output = outputs[0]!;
  const last = output.at(-1) ?? 1;
  const rows = size(output) / last;
  switch (kernel) {
    case 'BatchMatMul':
    case '_FusedMatMul':
    case 'XLinear':
    case 'XActivatedLinear':
    case 'XLinearInputGrad':
    case 'XLinearWeightGrad':
    case 'XHalfLinear':
    case 'XActiveLinear': {
      if (!x || !filter) return fail('has no two inputs');
      // Matrices on the left all multiply one on the right, which are weights, or each has its own, which was computed.
      const shared = filter.length === 2 || size(filter.slice(0, -2)) === 1;
      const batch = shared ? 1 : size(output.slice(0, -2));
      const m = rows / batch;
      const k = size(x) / rows;
      if (!Number.isInteger(k) || k < 1) return fail(`multiplies [${x.join(', ')}] and [${filter.join(', ')}] into [${output.join(', ')}]`);
      return { operation: { type: 'gemm', m, n: last, k, ...(batch > 1 && { batch, right: 'activations' }) } };
    }
    case 'XSparseLinear':
    case 'XBsrLinear': {
      if (!x || !filter) return fail('has no two inputs');
      const k = x.at(-1)!;
      const density = size(filter) / (k * last);
      return {
        operation: { type: 'gemm', m: rows, n: last, k },
        weights: { density: { kind: 'unstructured', density: Math.min(1, density) } },
      };
    }
    case 'Conv2D':
    case 'FusedConv2D':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D': {
      if (x?.length !== 4 || filter?.length !== 4 || output.length !== 4) return fail('isn’t over images with channels last');
      const [kernelHeight, kernelWidth, channels, filters] = filter as [number, number, number, number];
      const along = (input: number, out: number, window: number): { size: number; stride: number } => {
        const stride = Math.max(1, Math.round(input / out));
        return { size: (out - 1) * stride + window, stride };
      };
      const [h, w] = [along(x[1]!, output[1]!, kernelHeight), along(x[2]!, output[2]!, kernelWidth)];
      const common = {
        height: h.size,
        width: w.size,
        kernelHeight,
        kernelWidth,
        strideHeight: h.stride,
        strideWidth: w.stride,
        batch: x[0]!,
        channels,
      };
      return {
        operation: kernel.includes('Depthwise')
          ? { type: 'depthwise', ...common, multiplier: filters }
          : { type: 'conv', ...common, filters },
      };
    }
    case 'XAttention': {
      if (x?.length !== 4 || filter?.length !== 4) return fail('isn’t over [batch, heads, length, depth]');
      const [batch, heads, queryLength, headSize] = x as [number, number, number, number];
      return { operation: { type: 'attention', batch, heads, queryLength, keyLength: filter[2]!, headSize } };
    }
    case 'XMultiHeadAttention': {
      // Queries, keys and values side by side, or queries and another sequence's keys and values; it also gives a number for each head and query.
      if (x?.length !== 3 || output.length !== 3) return fail('isn’t over [batch, length, width]');
      const [batch, queryLength, width] = output as [number, number, number];
      const heads = outputs[1] ? size(outputs[1]) / (batch * queryLength) : 1;
      const keyLength = x[2] === 3 * width ? queryLength : (filter?.[1] ?? fail('has no keys'));
      return { operation: { type: 'attention', batch, heads, queryLength, keyLength, headSize: width / heads } };
    }
    case 'GatherV2':
    case 'XEmbedding': {
      const table = inputs.find((shape) => shape.length === 2) ?? x;
      if (!table) return fail('has no table');
      return { operation: { type: 'embedding', lookups: rows, rows: table[0]!, columns: last } };
    }
    case 'Softmax':
    case 'LogSoftmax':
      return { operation: { type: 'softmax', rows, columns: last } };
    case 'FusedBatchNorm':
      return { operation: { type: 'norm', kind: 'batch', rows, columns: last } };
    case 'XLayerNorm':
    case 'XChannelNorm':
      return { operation: { type: 'norm', kind: 'layer', rows, columns: last } };
    default: {
      // Pools and reductions read more than they write.
      const read = Math.max(1, Math.round(Math.max(0, ...inputs.map(size)) / size(output)));
      const wide = inputs.filter((shape) => size(shape) >= size(output)).length;
      return { operation: { type: 'elementwise', elements: size(output), inputs: Math.max(read, wide, 1), operations: read } };
    }
  }
}

import { requireInteger, requireList, requireNumber, requireObject, requireOneOf, requireOptions } from '../validation.ts';
import { requireLayer, type Conv, type Depthwise, type Layer, type Operation } from './layer.ts';

/** Matrix products an operation comes down to: `count` products of [m,k] by [k,n]. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly count: number;
}

/** Output height and width of a convolution (`rounding` says whose rule). */
export function outputSize(conv: Conv | Depthwise): { height: number; width: number } {
  const {
    height,
    width,
    kernelHeight,
    kernelWidth,
    strideHeight = 1,
    strideWidth = strideHeight,
    padding = 0,
    rounding = 'floor',
  } = requireObject('conv', conv);
  for (const [field, size] of Object.entries({ height, width, kernelHeight, kernelWidth })) requireInteger(`conv.${field}`, size);
  const along = (size: number, kernel: number, stride: number): number =>
    rounding === 'ceil'
      ? Math.ceil((size + 2 * padding - kernel + stride) / stride)
      : Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return { height: along(height, kernelHeight, strideHeight), width: along(width, kernelWidth, strideWidth) };
}

/** Tokens an expert takes at most: ⌈capacityFactor · tokens · topK / experts⌉. */
export function expertCapacity(options: { tokens: number; experts: number; topK?: number; capacityFactor?: number }): number {
  const { tokens, experts, topK = 1, capacityFactor = 1.25 } = requireOptions(options);
  requireNumber('options.tokens', tokens);
  requireNumber('options.experts', experts, 0, true);
  requireNumber('options.topK', topK, 0, true);
  requireNumber('options.capacityFactor', capacityFactor, 0, true);
  return Math.ceil((capacityFactor * tokens * topK) / experts);
}

/** Tokens each expert really takes, and how many are dropped: Σ max(0, nₑ − capacity). */
export function expertLoads(moe: Extract<Operation, { type: 'moe' }>): { taken: number[]; dropped: number } {
  const { tokens, experts, topK = 1, loads } = requireOptions(moe, 'moe');
  requireInteger('moe.tokens', tokens);
  // An array as long as there are experts is about to be made.
  if (requireInteger('moe.experts', experts) > 2 ** 20) throw new RangeError(`moe.experts is ${experts}, expected at most ${2 ** 20}`);
  if (loads && requireList('moe.loads', loads).length !== experts)
    throw new RangeError(`moe.loads has ${loads.length} entries, expected one for each of ${experts} experts`);
  const wanted =
    loads ?? Array.from({ length: experts }, (_, e) => Math.floor((tokens * topK) / experts) + (e < (tokens * topK) % experts ? 1 : 0));
  const capacity = expertCapacity(moe);
  const taken = wanted.map((n) => Math.min(n, capacity));
  return { taken, dropped: wanted.reduce((sum, n) => sum + Math.max(0, n - capacity), 0) };
}

/**
 * The matrix products of a layer, by im2col for convolutions; none for vector operations.
 *
 * @example gemmShapes({ name: 'c1', operation: { type: 'conv', height: 224, width: 224, channels: 3, filters: 96, kernelHeight: 11, kernelWidth: 11, strideHeight: 4, rounding: 'ceil' } })
 * // [{ m: 3025, n: 96, k: 363, count: 1 }]
 */
export function gemmShapes(layer: Layer): GemmShape[] {
  requireLayer(layer);
  const op = layer.operation;
  const at = (field: string): string => `layer ${JSON.stringify(layer.name)}: ${op.type}.${field}`;
  switch (op.type) {
    case 'gemm':
      requireOneOf(at('right'), op.right ?? 'weights', ['weights', 'activations']);
      return [
        {
          m: requireInteger(at('m'), op.m),
          n: requireInteger(at('n'), op.n),
          k: requireInteger(at('k'), op.k),
          count: requireInteger(at('batch'), op.batch ?? 1),
        },
      ];
    case 'conv':
    case 'depthwise': {
      for (const field of ['height', 'width', 'channels', 'kernelHeight', 'kernelWidth'] as const) requireInteger(at(field), op[field]);
      requireInteger(at('strideHeight'), op.strideHeight ?? 1);
      requireInteger(at('strideWidth'), op.strideWidth ?? 1);
      const padding = requireInteger(at('padding'), op.padding ?? 0, 0);
      if (op.kernelHeight > op.height + 2 * padding || op.kernelWidth > op.width + 2 * padding)
        throw new RangeError(
          `layer ${JSON.stringify(layer.name)}: a ${op.kernelHeight}x${op.kernelWidth} kernel is larger than its ${op.height}x${op.width} input with padding ${padding}`,
        );
      const { height, width } = outputSize(op);
      const m = height * width * requireInteger(at('batch'), op.batch ?? 1);
      const window = op.kernelHeight * op.kernelWidth;
      if (op.type === 'conv') return [{ m, n: requireInteger(at('filters'), op.filters), k: window * op.channels, count: 1 }];
      return [{ m, n: requireInteger(at('multiplier'), op.multiplier ?? 1), k: window, count: op.channels }];
    }
    case 'attention': {
      for (const field of ['batch', 'heads', 'queryLength', 'keyLength', 'headSize'] as const) requireInteger(at(field), op[field]);
      const count = op.batch * op.heads;
      return [
        { m: op.queryLength, n: op.keyLength, k: op.headSize, count },
        { m: op.queryLength, n: op.headSize, k: op.keyLength, count },
      ];
    }
    case 'moe': {
      for (const field of ['tokens', 'experts', 'inputSize', 'hiddenSize'] as const) requireInteger(at(field), op[field]);
      return expertLoads(op)
        .taken.filter((tokens) => tokens > 0)
        .flatMap((m) => [
          { m, n: op.hiddenSize, k: op.inputSize, count: 1 },
          { m, n: op.inputSize, k: op.hiddenSize, count: 1 },
        ]);
    }
    default:
      return [];
  }
}

import { describe, expect, it } from 'vitest';
import { expertLoads, gemmShapes, layerCost, layerGraph, outputSize, withBatch, type Layer } from '../../src/index.ts';

const named = (operation: Layer['operation'], rest: Partial<Layer> = {}): Layer => ({ name: 'l', operation, ...rest });

describe('layerCost', () => {
  it('counts a linear layer', () => {
    expect(layerCost(named({ type: 'gemm', m: 128, n: 10, k: 784 }))).toEqual({
      denseMacs: 128 * 10 * 784,
      macs: 128 * 10 * 784,
      vectorOperations: 0,
      parameters: 7840,
      weightBytes: 4 * 7840,
      inputBytes: 4 * 128 * 784,
      outputBytes: 4 * 1280,
    });
  });

  it('keeps values and positions of sparse weights', () => {
    const gemm = { type: 'gemm', m: 1, n: 64, k: 256 } as const;
    const bytes = (density: NonNullable<NonNullable<Layer['weights']>['density']>): number =>
      layerCost(named(gemm, { weights: { bits: 8, density } })).weightBytes;
    expect(bytes({ kind: 'unstructured', density: 0.25 })).toBe((64 * 256 * 0.25 * (8 + 8)) / 8);
    expect(bytes({ kind: 'n:m', n: 2, m: 4 })).toBe((64 * 256 * 0.5 * (8 + 2)) / 8);
    expect(bytes({ kind: 'block', density: 0.5, rows: 4, columns: 4 })).toBe((64 * 256 * 0.5 * (8 + 6 / 16)) / 8);
  });

  it('uses the rounding asked for', () => {
    const conv = {
      type: 'conv',
      height: 224,
      width: 224,
      channels: 3,
      filters: 96,
      kernelHeight: 11,
      kernelWidth: 11,
      strideHeight: 4,
    } as const;
    expect(outputSize({ ...conv, rounding: 'ceil' })).toEqual({ height: 55, width: 55 });
    expect(outputSize(conv)).toEqual({ height: 54, width: 54 });
  });

  it('splits attention into its two products', () => {
    expect(gemmShapes(named({ type: 'attention', batch: 2, heads: 4, queryLength: 8, keyLength: 16, headSize: 32 }))).toEqual([
      { m: 8, n: 16, k: 32, count: 8 },
      { m: 8, n: 32, k: 16, count: 8 },
    ]);
  });

  it('counts no weights where activations multiply activations', () => {
    const scores = { type: 'gemm', m: 8, n: 16, k: 32, batch: 4, right: 'activations' } as const;
    const cost = layerCost(named(scores, { weights: { density: { kind: 'unstructured', density: 0.5 } } }));
    expect(cost).toMatchObject({ parameters: 0, weightBytes: 0, inputBytes: 4 * 4 * (8 * 32 + 32 * 16), macs: 4 * 8 * 16 * 32 });
    expect(() => layerCost(named({ ...scores, right: 'both' as 'weights' }))).toThrow('layer "l": gemm.right is "both"');
  });

  it('grows products of activations in number with the batch, those with weights in rows', () => {
    const grouped = { type: 'gemm', m: 100, n: 16, k: 9, batch: 4 } as const;
    const graph = layerGraph('g', [named(grouped), { name: 'scores', operation: { ...grouped, right: 'activations' } }], { batch: 2 });
    const [weights, activations] = withBatch(graph, 6).layers as [Layer, Layer];
    expect(weights.operation).toEqual({ ...grouped, m: 300 });
    expect(activations.operation).toEqual({ ...grouped, batch: 12, right: 'activations' });
    expect(layerCost(weights).parameters).toBe(layerCost(graph.layers[0]!).parameters);
  });

  it('drops tokens beyond an expert’s capacity', () => {
    const moe = { type: 'moe', tokens: 100, experts: 4, inputSize: 8, hiddenSize: 16, capacityFactor: 1, loads: [70, 10, 10, 10] } as const;
    expect(expertLoads(moe)).toEqual({ taken: [25, 10, 10, 10], dropped: 45 });
    expect(layerCost(named(moe)).macs).toBe(55 * 2 * 8 * 16);
  });

  it('reads only the looked-up rows of a table', () => {
    const cost = layerCost(named({ type: 'embedding', lookups: 10, rows: 1_000_000, columns: 16 }));
    expect(cost.weightBytes).toBe(640);
    expect(cost.parameters).toBe(16_000_000);
  });
});

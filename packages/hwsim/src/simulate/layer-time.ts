import { stallFreeWork } from '../array/stall-free.ts';
import { gemmShapes } from '../graph/gemm-shape.ts';
import type { LayerCost } from '../graph/layer-cost.ts';
import type { FormattedLayer } from '../graph/layer.ts';
import type { Hardware } from '../hardware/hardware.ts';

/** Multiply-accumulates the chip really does: it may not be able to skip a layer's zeros. */
export function usedMacs(layer: FormattedLayer, cost: LayerCost, hardware: Hardware): number {
  const density = layer.weights.density;
  const skips = hardware.skips ?? 'none';
  if (!density || density.kind === 'dense' || skips === 'none') return cost.denseMacs;
  if (skips === 'all') return cost.macs;
  return density.kind === 'n:m' && density.m === 4 && density.n <= 2 ? cost.denseMacs / 2 : cost.denseMacs;
}

/** Seconds of a layer's forward arithmetic: the vector unit's, and the matrix unit's, folded onto systolic arrays where the chip has them. */
export function arithmeticTime(layer: FormattedLayer, cost: LayerCost, hardware: Hardware, peak: number): number {
  const reached = hardware.reached?.peak ?? 1;
  const vector = cost.vectorOperations / hardware.vector;
  const share = cost.denseMacs === 0 ? 1 : usedMacs(layer, cost, hardware) / cost.denseMacs;
  if (!hardware.arrays) return vector + (2 * cost.denseMacs * share) / (peak * reached);
  const { count, rows, columns, dataflow, clock } = hardware.arrays;
  const shapes = gemmShapes(layer);
  // Several arrays share the folds of a product, or the products of a layer.
  const cycles = shapes.reduce((sum, shape) => sum + stallFreeWork({ rows, columns, dataflow }, shape).cycles * shape.count, 0);
  const nominal = 2 * rows * columns * count * clock;
  return vector + ((cycles * share) / (count * clock * reached)) * Math.max(1, nominal / peak);
}

/** Seconds of a layer's traffic. Embedding look-ups read whole granules, and only so many of them at once. */
export function memoryTime(layer: FormattedLayer, bytes: number, hardware: Hardware): number {
  const { granularity = 1, latency = 0, outstanding = 1 } = hardware.memory;
  const bandwidth = hardware.memory.bandwidth * (hardware.reached?.memory ?? 1);
  if (layer.operation.type !== 'embedding') return bytes / bandwidth;
  const { lookups, columns } = layer.operation;
  const row = (columns * layer.weights.bits) / 8;
  const read = lookups * Math.ceil(row / granularity) * granularity;
  return Math.max((bytes - lookups * row + read) / bandwidth, (lookups * latency) / outstanding);
}

import type { FittedModel } from './fit-model.ts';
import { requireInteger, requireNumber, requireOptions } from '../validation.ts';

/** A training run of a transformer on a cluster. */
export interface ClusterRow {
  readonly hidden: number;
  readonly heads: number;
  readonly layers: number;
  readonly sequence: number;
  readonly batch: number;
  readonly microBatch: number;
  readonly tensor: number;
  readonly data: number;
  readonly pipeline: number;
}

/**
 * Seconds of a training step by six numbers: the share of the peak large products reach, the operations a layer's share must have to reach half of that,
 * bandwidths of tensor-parallel exchanges within and across machines and of data-parallel ones, and an overhead a layer and micro-batch.
 *
 * t = (B/(d·b) + p − 1) · [layers/p · (operations + exchanges + overhead) + vocabulary/p] + gradients.
 * Operations of a layer with full recomputation: 96·b·s·h²(1 + s/6h)/t.
 */
export function clusterTime(machine: {
  readonly peak: number;
  readonly perMachine: number;
  readonly vocabulary?: number;
}): FittedModel<ClusterRow> {
  const { peak, perMachine, vocabulary = 51200 } = requireOptions(machine, 'machine');
  requireNumber('machine.peak', peak, 0, true);
  requireInteger('machine.perMachine', perMachine);
  requireInteger('machine.vocabulary', vocabulary);
  return {
    parameters: {
      share: 0.55,
      halfSaturation: 5e10,
      innerBandwidth: 1.5e11,
      outerBandwidth: 2e10,
      dataBandwidth: 2e10,
      layerOverhead: 5e-4,
    },
    predict: ([share, half, inner, outer, data, overhead], row) => {
      const { hidden: h, layers, sequence: s, batch, microBatch: b, tensor: t, data: d, pipeline: p } = row;
      const operations = (96 * b * s * h * h * (1 + s / (6 * h))) / t;
      const compute = (operations + half!) / (share! * peak);
      // Two all-reduces forward, two in recomputation, two backward, of half-precision activations.
      const exchange = t === 1 ? 0 : (6 * 2 * (t - 1) * b * s * h * 2) / t / (t > perMachine ? outer! : inner!);
      const words = (6 * b * s * h * vocabulary) / t / (share! * peak);
      const microBatches = batch / d / b;
      const parameters = (12 * h * h * layers) / (t * p) + (vocabulary * h) / t;
      const gradients = d === 1 ? 0 : (2 * (d - 1) * parameters * 2) / d / data!;
      return (microBatches + p - 1) * ((layers / p) * (compute + exchange + overhead!) + words / p) + gradients;
    },
  };
}

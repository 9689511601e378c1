import type { Layer } from '@x/tensor';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { degrees } from './degrees.ts';

export interface LayerReport {
  /** Of the layer's values among the network's variables. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly nonZeros: number;
  readonly density: number;
  /** Of the values and of where they are, in compressed rows of 4-byte numbers, and of the bias. */
  readonly bytes: number;
  /** Multiplications and additions for one example, by those that take part. */
  readonly flops: number;
  /** Inputs that no link leaves, units that none reaches. */
  readonly deadInputs: number;
  readonly deadUnits: number;
}

export interface SparsityReport {
  readonly layers: readonly LayerReport[];
  readonly nonZeros: number;
  readonly density: number;
  readonly bytes: number;
  /** Of one example through the sparse layers, and through dense ones in their place. */
  readonly flops: number;
  readonly denseFlops: number;
}

/** What a network's sparse layers hold and cost. */
export function sparsityReport(net: Layer): SparsityReport {
  const layers = sparseLayers(net).map(({ name, layer: { inputs, units, pattern, variables, division } }): LayerReport => {
    const { inDegrees, outDegrees } = degrees(pattern);
    const { nonZeros } = pattern;
    const used = division ? division.forward.reduce((sum, flag) => sum + flag, 0) : nonZeros;
    return {
      ...{ name, inputs, units, nonZeros },
      density: nonZeros / (inputs * units),
      bytes: 4 * (2 * nonZeros + units + 1 + (variables.bias?.size ?? 0)),
      flops: 2 * used,
      deadInputs: outDegrees.filter((degree) => degree === 0).length,
      deadUnits: inDegrees.filter((degree) => degree === 0).length,
    };
  });
  const total = (of: (layer: LayerReport) => number): number => layers.reduce((sum, layer) => sum + of(layer), 0);
  const positions = total(({ inputs, units }) => inputs * units);
  const nonZeros = total((layer) => layer.nonZeros);
  return {
    layers,
    nonZeros,
    density: nonZeros / positions,
    bytes: total(({ bytes }) => bytes),
    flops: total(({ flops }) => flops),
    denseFlops: 2 * positions,
  };
}

import type { Layer } from '@x/tensor';
import type { BlockLinearLayer } from '../layers/block-linear.ts';
import { sparseLayersOfEveryKind } from '../layers/sparse-layers.ts';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { degrees } from './degrees.ts';

export interface LayerReport {
  /** Of the layer's values among the network's variables. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly nonZeros: number;
  readonly density: number;
  /** Of the values and of where they (or their blocks) are, in compressed rows of 4-byte numbers, and of the bias. */
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

/**
 * What a network's sparse layers hold and cost, those of blocks too.
 *
 * @throws {RangeError} if it has none.
 */
export function sparsityReport(net: Layer): SparsityReport {
  const layers = sparseLayersOfEveryKind('sparsityReport', net).map(({ name, layer }): LayerReport => {
    const { inputs, units } = layer;
    const { nonZeros } = layer.pattern;
    return { ...{ name, inputs, units, nonZeros }, density: nonZeros / (inputs * units), ...costOf(layer) };
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

function costOf(layer: SparseLinearLayer | BlockLinearLayer): Pick<LayerReport, 'bytes' | 'flops' | 'deadInputs' | 'deadUnits'> {
  const bias = layer.variables.bias?.size ?? 0;
  // A block is there or not as one element is.
  const [height, width] = layer.kind === 'blockLinear' ? layer.pattern.block : [1, 1];
  const grid = layer.kind === 'blockLinear' ? layer.pattern.grid : layer.pattern;
  const { inDegrees, outDegrees } = degrees(grid);
  const none = (of: Int32Array): number => of.filter((degree) => degree === 0).length;
  const { nonZeros } = layer.pattern;
  const division = layer.kind === 'sparseLinear' ? layer.division : undefined;
  return {
    bytes: 4 * (nonZeros + grid.nonZeros + grid.rows + 1 + bias),
    flops: 2 * (division ? division.forward.reduce((sum, flag) => sum + flag, 0) : nonZeros),
    deadInputs: width * none(outDegrees),
    deadUnits: height * none(inDegrees),
  };
}

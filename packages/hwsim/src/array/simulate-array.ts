import { requireGraph, type LayerGraph } from '../graph/layer.ts';
import { requireArrayConfig, type ArrayConfig } from './memory-options.ts';
import { bandwidthReport, bankReport, computeReport, detailedAccessReport, sparseReport } from './reports.ts';
import { simulateLayer, type ArrayReport } from './simulate-layer.ts';
import { requireOptions } from '../validation.ts';

/** Every layer's report, and SCALE-Sim's report files by name. */
export interface ArrayRun {
  readonly layers: readonly ArrayReport[];
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Runs a model's layers one after another through an array, as SCALE-Sim does, and writes its report files.
 *
 * @param graph layers that are each one matrix product or one unpadded convolution
 * @param config array, SRAMs and interface
 * @param options.onLayer told after each layer, for progress
 * @returns reports and CSV texts
 * @example simulateArray(readTopologyCsv(csv), readScaleSimConfig(cfg)).files['COMPUTE_REPORT.csv']
 */
export function simulateArray(
  graph: LayerGraph,
  config: ArrayConfig,
  options: { onLayer?: (report: ArrayReport, index: number, layers: number) => void } = {},
): ArrayRun {
  requireGraph(graph);
  requireArrayConfig(config);
  requireOptions(options);
  const layers = graph.layers.map((layer, i) => {
    const report = simulateLayer(layer, config);
    options.onLayer?.(report, i, graph.layers.length);
    return report;
  });
  return {
    layers,
    files: {
      'COMPUTE_REPORT.csv': computeReport(layers, config),
      'BANDWIDTH_REPORT.csv': bandwidthReport(layers),
      'DETAILED_ACCESS_REPORT.csv': detailedAccessReport(layers),
      ...(config.banks && { 'BANK_REPORT.csv': bankReport(layers) }),
      ...(config.sparsity && { 'SPARSE_REPORT.csv': sparseReport(layers) }),
    },
  };
}

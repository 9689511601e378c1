import { requireLayer, type Layer } from '../graph/layer.ts';
import { bankMeter, type BankTraffic } from '../memory/banks.ts';
import { bandwidthEstimate } from '../memory/bandwidth-estimate.ts';
import { doubleBuffer } from '../memory/double-buffer.ts';
import { hitLatency, type DramTraffic, type ReadMemory } from '../memory/read-memory.ts';
import { writeBuffer } from '../memory/write-buffer.ts';
import { foldOnto } from './dataflow.ts';
import { denseDemand, type Demand, type DemandLine, type FetchOrder } from './demand.ts';
import { requireArrayConfig, type ArrayConfig } from './memory-options.ts';
import { operandsOf } from './operands.ts';
import { nmFilter, rowWiseFilter, sparseStorage, type SparseFilter } from './sparse-demand.ts';
import { meansOverFolds, stallFreeWork } from './stall-free.ts';
import { requireOptions } from '../validation.ts';

/** Words through an SRAM and the cycles of the first and the last of them. */
export interface SramTraffic {
  readonly words: number;
  readonly start: number;
  readonly stop: number;
}

/** One layer on one array with its memories. Cycles; words of one byte; shares in [0, 1]. */
export interface ArrayReport {
  readonly layer: string;
  readonly macs: number;
  /** Cycles from the first operand in the array to the last output, stalls included. */
  readonly cycles: number;
  readonly stallCycles: number;
  /** From DRAM's first word to its last. */
  readonly cyclesWithPrefetch: number;
  readonly overallUtilisation: number;
  readonly mappingEfficiency: number;
  readonly computeUtilisation: number;
  readonly sram: { readonly input: SramTraffic; readonly filter: SramTraffic; readonly output: SramTraffic };
  readonly dram: { readonly input: DramTraffic; readonly filter: DramTraffic; readonly output: DramTraffic };
  /** Of the SRAMs' banks, where the configuration has them; their stalls are among `stallCycles`. */
  readonly banks?: { readonly input: BankTraffic; readonly filter: BankTraffic; readonly output: BankTraffic };
  readonly sparse?: { readonly representation: string; readonly original: number; readonly stored: number; readonly metadata: number };
}

/** Steps of the cycle-by-cycle model beyond which a run is refused: it would take minutes. */
const mostSteps = 4e9;

/**
 * Follows one convolution or matrix product through an array and its double-buffered SRAMs, cycle by cycle.
 *
 * @param layer a `gemm` (batch 1) or an unpadded `conv`
 * @param config array, SRAM sizes in KiB, bandwidths in words a cycle
 * @param options.onCycle sees the words of each cycle (for traces), with the cycles at which they were served
 * @returns cycles, stalls, traffic and utilisation
 * @throws RangeError naming the field at fault, or an absurd size before any memory is taken
 * @example simulateLayer({ name: 'fc', operation: { type: 'gemm', m: 256, n: 128, k: 256 } },
 *   { rows: 32, columns: 32, dataflow: 'ws', inputKiB: 64, filterKiB: 64, outputKiB: 64,
 *     interface: 'finite', inputBandwidth: 10, filterBandwidth: 10, outputBandwidth: 10, compat: 'scalesim-v3' }).cycles // 52447
 */
export function simulateLayer(
  layer: Layer,
  config: ArrayConfig,
  options: { onCycle?: (served: { input: number; filter: number; output: number }, lines: Demand) => void } = {},
): ArrayReport {
  requireLayer(layer);
  requireArrayConfig(config);
  requireOptions(options);
  refuseAbsurd(layer, config);
  const { compat = 'none', rows, columns } = config;
  const operands = operandsOf(layer);
  const work = stallFreeWork(config, operands, { compat });
  const sparse = sparseFilterOf(layer, config);
  const demand = sparse?.demand ?? denseDemand(config, operands);
  const memory = (order: FetchOrder, kib: number, bandwidth: number | undefined, tensorWords: number): ReadMemory =>
    config.interface === 'estimate'
      ? bandwidthEstimate({ words: kib * 1024, bandwidth: 10, tensorWords })
      : doubleBuffer(order, { words: kib * 1024, bandwidth: bandwidth!, tensorWords, doubleStalls: compat === 'scalesim-v3' });
  const input = memory(demand.inputOrder, config.inputKiB, config.inputBandwidth, operands.inputWords);
  const filter = memory(demand.filterOrder, config.filterKiB, config.filterBandwidth, operands.filterWords);
  const output = writeBuffer({
    words: config.outputKiB * 1024,
    bandwidth: config.interface === 'estimate' ? columns : config.outputBandwidth!,
  });
  const spans = { input: span(), filter: span(), output: span() };
  const meters = config.banks && {
    input: bankMeter(config.banks.input),
    filter: bankMeter(config.banks.filter),
    output: bankMeter(config.banks.output),
  };
  let stalls = 0;
  let [last, latest] = [0, 0];
  for (let t = 0; t < demand.cycles; t++) {
    demand.at(t);
    const cycle = t + stalls;
    const late = {
      input: input.serve(demand.input, cycle),
      filter: filter.serve(demand.filter, cycle),
      output: output.serve(demand.output, cycle),
    };
    const served = { input: cycle + late.input + hitLatency, filter: cycle + late.filter + hitLatency, output: cycle + late.output };
    spans.input.add(demand.input, served.input);
    spans.filter.add(demand.filter, served.filter);
    spans.output.add(demand.output, served.output);
    options.onCycle?.(served, demand);
    last = served.output;
    latest = Math.max(latest, last);
    stalls += Math.max(late.input, late.filter, late.output);
    // The three memories give their lines side by side; the slowest of them holds the array up.
    if (meters)
      stalls += Math.max(
        meters.input.ask(demand.input.words, demand.input.count),
        meters.filter.ask(demand.filter.words, demand.filter.count),
        meters.output.ask(demand.output.words, demand.output.count),
      );
  }
  const dram = { input: input.finish(), filter: filter.finish(), output: output.finish(last) };
  const cycles = compat === 'none' ? demand.cycles + stalls : latest;
  const means = meansOverFolds(config, sparse ? { ...operands, k: sparse.storedRows } : operands);
  return {
    layer: layer.name,
    macs: work.macs,
    cycles,
    stallCycles: stalls,
    cyclesWithPrefetch: dram.output.stop - Math.min(dram.input.start, dram.filter.start) + (compat === 'none' ? 1 : 0),
    overallUtilisation: work.macs / (cycles * rows * columns),
    mappingEfficiency: sparse?.mappingEfficiency ?? means.mapping,
    computeUtilisation: means.compute,
    sram: {
      input: { words: sparse?.inputReads ?? work.inputReads, ...spans.input.ends() },
      filter: { words: sparse?.filterReads ?? work.filterReads, ...spans.filter.ends() },
      output: {
        words: sparse ? stallFreeWork(config, { ...operands, k: sparse.storedRows }, { compat }).outputWrites : work.outputWrites,
        ...spans.output.ends(),
      },
    },
    dram,
    ...(meters && { banks: { input: meters.input.traffic(), filter: meters.filter.traffic(), output: meters.output.traffic() } }),
    ...(sparse && {
      sparse: {
        representation: config.sparsity!.representation,
        ...sparseStorage(config.sparsity!.representation, sparse, operands.k, nmOf(layer).m),
      },
    }),
  };
}

function nmOf(layer: Layer): { n: number; m: number } {
  const density = layer.weights?.density;
  return density?.kind === 'n:m' ? density : { n: 1, m: 1 };
}

function sparseFilterOf(layer: Layer, config: ArrayConfig): SparseFilter | undefined {
  if (!config.sparsity) return undefined;
  const { n, m } = nmOf(layer);
  return config.sparsity.rowWise ? rowWiseFilter(config, operandsOf(layer), config.sparsity) : nmFilter(config, operandsOf(layer), n, m);
}

function refuseAbsurd(layer: Layer, config: ArrayConfig): void {
  const op = layer.operation;
  if (op.type !== 'gemm' && op.type !== 'conv') return;
  const shape =
    op.type === 'gemm'
      ? op
      : {
          m: (op.height * op.width * (op.batch ?? 1)) / (op.strideHeight ?? 1) ** 2,
          n: op.filters,
          k: op.kernelHeight * op.kernelWidth * op.channels,
        };
  const { rowFolds, columnFolds, cyclesPerFold } = foldOnto(config, shape);
  const steps = rowFolds * columnFolds * cyclesPerFold * (config.rows + 2 * config.columns);
  const words = shape.m * shape.k + shape.k * shape.n;
  if (!(steps < mostSteps) || !(words < 2 ** 29))
    throw new RangeError(
      `layer ${JSON.stringify(layer.name)} needs about ${steps.toPrecision(3)} steps and ${words.toPrecision(3)} words to follow cycle by cycle; use stallFreeWork, which is exact without stalls, or a smaller layer`,
    );
}

function span(): { add: (line: DemandLine, cycle: number) => void; ends: () => { start: number; stop: number } } {
  let [start, stop, any] = [0, 0, false];
  return {
    add: (line, cycle) => {
      if (line.count === 0) return;
      if (!any) start = cycle;
      any = true;
      stop = cycle;
    },
    ends: () => ({ start, stop }),
  };
}

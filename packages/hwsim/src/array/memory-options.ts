import { requireBanks, type Banks } from '../memory/banks.ts';
import { requireInteger, requireOneOf, requireOptions } from '../validation.ts';
import { compats, requireArray, type Compat, type SystolicArray } from './dataflow.ts';

/** An array with three double-buffered SRAMs (words of one byte) and a flat DRAM. */
export interface ArrayConfig extends SystolicArray {
  readonly name?: string;
  /** SRAM sizes, KiB. */
  readonly inputKiB: number;
  readonly filterKiB: number;
  readonly outputKiB: number;
  /** `estimate`: never stall and tell the bandwidth needed. `finite`: the bandwidths below, with stalls. */
  readonly interface: 'estimate' | 'finite';
  /** Words a cycle between DRAM and each SRAM, for `finite`. */
  readonly inputBandwidth?: number;
  readonly filterBandwidth?: number;
  readonly outputBandwidth?: number;
  /** Row-wise N:M sparse filters held compressed, weight stationary (SCALE-Sim v3). */
  readonly sparsity?: SparseMapping;
  readonly compat?: Compat;
  /** Banks of each SRAM, whose conflicts make the array wait; without it, every word asked for is there at once. Not with `compat`. */
  readonly banks?: { readonly input: Banks; readonly filter: Banks; readonly output: Banks };
}

/** How a sparse filter is stored, and whether columns choose their own N. */
export interface SparseMapping {
  readonly representation: 'csr' | 'csc' | 'ellpack_block';
  /** True: every column keeps a random 1..blockSize/2 of each `blockSize` elements. False: the layer's own N:M. */
  readonly rowWise?: boolean;
  readonly blockSize?: number;
  readonly seed?: number;
}

export function requireArrayConfig(config: ArrayConfig): void {
  requireArray(requireOptions(config, 'config'));
  for (const field of ['inputKiB', 'filterKiB', 'outputKiB'] as const) requireInteger(`config.${field}`, config[field]);
  requireOneOf('config.interface', config.interface, ['estimate', 'finite']);
  requireOneOf('config.compat', config.compat ?? 'none', compats);
  if (config.interface === 'finite')
    for (const field of ['inputBandwidth', 'filterBandwidth', 'outputBandwidth'] as const) requireInteger(`config.${field}`, config[field]);
  if (config.banks) {
    if ((config.compat ?? 'none') !== 'none')
      throw new RangeError(`config.compat is ${config.compat}, which has no banks; leave out compat or config.banks`);
    for (const memory of ['input', 'filter', 'output'] as const) requireBanks(`config.banks.${memory}`, config.banks[memory]);
  }
  if (!config.sparsity) return;
  requireOneOf('config.sparsity.representation', config.sparsity.representation, ['csr', 'csc', 'ellpack_block']);
  if (!config.sparsity.rowWise) return;
  if (config.dataflow !== 'ws')
    throw new RangeError(`config.dataflow is ${config.dataflow}: row-wise sparse filters need the weight-stationary dataflow, 'ws'`);
  const blockSize = requireInteger('config.sparsity.blockSize', config.sparsity.blockSize, 2);
  if (blockSize % 2 !== 0 || blockSize > config.rows)
    throw new RangeError(`config.sparsity.blockSize is ${blockSize}, expected an even number of at most the array's ${config.rows} rows`);
}

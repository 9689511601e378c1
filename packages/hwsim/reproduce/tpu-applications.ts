import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured, StreamedApplication } from '../src/index.ts';

/** Tables 1, 3, 4, 5 and 7 of arXiv 1704.04760. */
export const tpuTables = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'test', 'excerpts', 'tpuv1.json'), 'utf8')) as {
  apps: string[];
  fc: number[];
  conv: number[];
  weights_M: number[];
  ops_per_weight_byte: number[];
  batch: number[];
  table3: { array_active_pct: number[]; useful_macs_pct: number[]; tops: number[] };
  table5_host_pct: number[];
  table7_model_err_pct: number[];
};

export const tpuUnit = { size: 256, bandwidth: 34e9, clock: 700e6 };

export interface TpuApplication {
  readonly name: string;
  readonly macs: number;
  readonly tops: number;
  /** Of the paper's own model, against the same counters. */
  readonly paperError: number;
  readonly hostShare: number;
}

/**
 * The six applications and the cycles their counters show: macs / (65,536 · share of useful multiply-accumulates), twice as many where activations have 16 bits, which are
 * counted as active but take two cycles a row.
 *
 * From the paper: weights, operations a weight byte, batch, kinds of layers. From its counters, since it gives no layer sizes: the share of places in a tile that hold weights
 * (useful / active). Inferred: the LSTMs' activations have 16 bits, as with 8 their counters would need more than all of the weight memory's bandwidth.
 */
export function tpuApplications(): (TpuApplication & Measured<StreamedApplication>)[] {
  const { apps, fc, conv, weights_M, ops_per_weight_byte, batch, table3, table5_host_pct, table7_model_err_pct } = tpuTables;
  return apps.map((name, i) => {
    const weights = weights_M[i]! * 1e6;
    const macs = weights * ops_per_weight_byte[i]!;
    const cyclesPerRow = name.startsWith('LSTM') ? 2 : 1;
    const useful = table3.useful_macs_pct[i]! / 100;
    return {
      name,
      macs,
      tops: table3.tops[i]!,
      paperError: table7_model_err_pct[i]! / 100,
      hostShare: table5_host_pct[i]! / 100,
      row: {
        weights,
        macsPerWeight: ops_per_weight_byte[i]!,
        batch: batch[i]!,
        tileUse: table3.useful_macs_pct[i]! / table3.array_active_pct[i]!,
        fullyConnected: fc[i]! > 0,
        convolutional: conv[i]! > 0,
        cyclesPerRow,
      },
      value: (macs * cyclesPerRow) / (tpuUnit.size ** 2 * useful),
    };
  });
}

import type { FittedModel } from '../fit/fit-model.ts';
import { requireNumber, requireObject } from '../validation.ts';
import { requireUnit, type TileUnit } from './weight-tiles.ts';

/** An application of a matrix unit whose weights come tile by tile from memory, as the TPUv1 paper's tables describe one. */
export interface StreamedApplication {
  /** Of one byte each. */
  readonly weights: number;
  /** Multiply-accumulates of a batch for each weight. */
  readonly macsPerWeight: number;
  readonly batch: number;
  /** Share of a tile's places that hold weights: layers are seldom whole multiples of the unit. */
  readonly tileUse: number;
  /** Whether there are fully connected layers, each of whose weights is used once a sample, and convolutions, which use them many times. */
  readonly fullyConnected: boolean;
  readonly convolutional: boolean;
  /** Cycles a row of input takes: 2 for activations of 16 bits. */
  readonly cyclesPerRow?: number;
}

/**
 * Cycles a batch needs if nothing but weights and arithmetic took time.
 *
 * load = weights / tileUse / bandwidth · clock; work = macs · cyclesPerRow / (size² · tileUse). The unit holds two tiles, so the next is loaded while one is worked
 * with: max(load, work). Convolutions work long with few weights, fully connected layers behind them wait for theirs: where there are both, load + work.
 *
 * @returns cycles
 */
export function tileStreamCycles(unit: TileUnit, application: StreamedApplication): number {
  const {
    weights,
    macsPerWeight,
    batch,
    tileUse,
    fullyConnected,
    convolutional,
    cyclesPerRow = 1,
  } = requireObject('application', application);
  requireUnit(unit);
  for (const [name, value] of Object.entries({ weights, macsPerWeight, batch, tileUse, cyclesPerRow }))
    requireNumber(`application.${name}`, value, 0, true);
  if (tileUse > 1) throw new RangeError(`application.tileUse is ${tileUse}, expected a share of at most 1`);
  const load = (weights / tileUse / unit.bandwidth) * unit.clock;
  const work = (weights * macsPerWeight * cyclesPerRow) / (unit.size ** 2 * tileUse);
  return fullyConnected && convolutional ? load + work : Math.max(load, work);
}

/**
 * Cycles of a batch by one number: the share of the time in which the matrix unit waits for neither weights nor work, but for a result it depends on, for input
 * over the host's bus, or for activations. cycles = tileStreamCycles / (1 − waiting).
 *
 * "In-Datacenter Performance Analysis of a Tensor Processing Unit" (2017, arXiv 1704.04760).
 */
export function tileStreamModel(unit: TileUnit): FittedModel<StreamedApplication> {
  requireUnit(unit);
  return {
    parameters: { waiting: 0.15 },
    predict: ([waiting], application) => (waiting! < 1 ? tileStreamCycles(unit, application) / (1 - waiting!) : Infinity),
  };
}

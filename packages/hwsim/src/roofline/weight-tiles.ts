import { requireInteger, requireNumber, requireObject } from '../validation.ts';

/** A matrix unit whose weights come tile by tile from memory, TPUv1's way. */
export interface TileUnit {
  readonly size: number;
  /** Bytes a second of weight memory. */
  readonly bandwidth: number;
  /** Hertz. */
  readonly clock: number;
}

/** Refuses what is no matrix unit. */
export function requireUnit(unit: TileUnit): void {
  requireInteger('unit.size', requireObject('unit', unit).size);
  requireNumber('unit.bandwidth', unit.bandwidth, 0, true);
  requireNumber('unit.clock', unit.clock, 0, true);
}

/**
 * Loading a k x n weight matrix of bytes into a size x size unit: ⌈k/size⌉⌈n/size⌉ whole tiles, however little of the last ones is used.
 *
 * @returns tiles, seconds for all of them, and the rows of input that hide one tile's load
 * @example weightTiles({ size: 256, bandwidth: 34e9, clock: 700e6 }, 600, 600).tiles // 9
 */
export function weightTiles(unit: TileUnit, k: number, n: number): { tiles: number; seconds: number; rowsToHide: number } {
  requireUnit(unit);
  const tiles = Math.ceil(requireInteger('k', k) / unit.size) * Math.ceil(requireInteger('n', n) / unit.size);
  const perTile = unit.size ** 2 / unit.bandwidth;
  return { tiles, seconds: tiles * perTile, rowsToHide: perTile * unit.clock };
}

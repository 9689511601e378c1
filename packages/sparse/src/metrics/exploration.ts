import type { Layer } from '@x/tensor';
import { sparseLayers } from '../layers/sparse-layers.ts';

/** How much of all positions has ever been a non-zero. */
export interface Exploration {
  /** Takes note of the topology as it is; call it after changes. */
  observe(): void;
  /** Part of the positions of all sparse layers that were ever seen as non-zeros, ITOP's R_s, 0 to 1. */
  readonly rate: number;
}

/**
 * Follows the exploration rate R_s of a network's sparse layers, in one bit a position.
 *
 * S. Liu et al., "Do We Actually Need Dense Over-Parameterization?", 2021, arXiv 2102.02887.
 */
export function exploration(net: Layer): Exploration {
  const layers = sparseLayers(net).map(({ layer }) => layer);
  const seen = layers.map(({ inputs, units }) => new Uint8Array(Math.ceil((inputs * units) / 8)));
  const positions = layers.reduce((sum, { inputs, units }) => sum + inputs * units, 0);
  let count = 0;
  const observe = (): void =>
    layers.forEach(({ inputs, units, pattern: { pointers, indices } }, index) => {
      const bits = seen[index]!;
      for (let row = 0; row < units; row++) {
        for (let q = pointers[row]!; q < pointers[row + 1]!; q++) {
          const position = row * inputs + indices[q]!;
          const byte = Math.floor(position / 8);
          const bit = 1 << (position % 8);
          if ((bits[byte]! & bit) !== 0) continue;
          bits[byte]! |= bit;
          count++;
        }
      }
    });
  observe();
  return {
    observe,
    get rate() {
      return count / positions;
    },
  };
}

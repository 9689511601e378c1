import { hardwareLibrary, precisions, simulate, type Hardware, type Precision } from '@x/hwsim';
import type { Variant } from './variants.ts';

/** What an image costs. Seconds, joules, bytes. */
export interface Cost {
  readonly chip: string;
  readonly variant: string;
  readonly time: number;
  readonly energy: number;
  readonly memory: number;
  readonly fits: boolean;
}

/** Every variant on every chip that computes its format or a wider one. */
export function costsOf(variants: readonly Variant[], batch: number): Cost[] {
  return hardwareLibrary.flatMap((chip) =>
    variants
      .filter(({ precision }) => computes(chip, precision))
      .map(({ name, graph, precision }) => {
        const { time, energy, memory } = simulate({ model: graph, hardware: chip, precision, inference: { batch } });
        return { chip: chip.name, variant: name, time: time / batch, energy: energy.total / batch, memory: memory.peak, fits: memory.fits };
      }),
  );
}

function computes(chip: Hardware, precision: Precision): boolean {
  return precisions.slice(precisions.indexOf(precision)).some((format) => chip.peak[format] !== undefined);
}

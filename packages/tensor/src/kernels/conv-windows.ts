import type { Kernels } from '../runtime/kernels.ts';

export type Triple = readonly [depth: number, height: number, width: number];

/** Windows over `batch` images [depth, height, width, channels]; a flat image has depth 1. */
export interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly image: Triple;
  /** How many windows. */
  readonly grid: Triple;
  /** Taps of a window. */
  readonly window: Triple;
  readonly stride: Triple;
  readonly dilation: Triple;
  /** Padding before the image. */
  readonly before: Triple;
}

/** One tap: where it lies from the window's beginning, and its place in the filter. */
export interface Tap {
  readonly at: Triple;
  readonly filter: number;
}

/** A set of windows as the kernels see them: see wasm/dense/conv-windows.ts. */
export interface Sweep {
  readonly batch: number;
  readonly channels: number;
  readonly image: Triple;
  readonly grid: Triple;
  readonly stride: Triple;
  readonly taps: readonly Tap[];
  /** Elements from the output's beginning to the first window's, and from one image, plane, row and pixel to the next. */
  readonly first: number;
  readonly steps: readonly [image: number, plane: number, row: number, pixel: number];
}

/** Words of the parameters before a kernel's own. */
export const WINDOW_WORDS = 25;
const TAP_WORDS = 8;

const volume = ([d, h, w]: Triple): number => d * h * w;

/** The windows from which the outputs of `channels` each are computed. */
export function sweep({ batch, channels, image, grid, window, stride, dilation, before }: Windows, outputs: number): Sweep {
  const taps: Tap[] = [];
  for (let z = 0; z < window[0]; z++) {
    for (let y = 0; y < window[1]; y++) {
      for (let x = 0; x < window[2]; x++) {
        taps.push({ at: [z * dilation[0] - before[0], y * dilation[1] - before[1], x * dilation[2] - before[2]], filter: taps.length });
      }
    }
  }
  return { batch, channels, image, grid, stride, taps, first: 0, steps: stepsOf(grid, outputs) };
}

/**
 * The windows over the outputs' gradient, of `channels`, from which the images' gradient is computed: pixels that are
 * apart by the stride meet the same taps, so each remainder by the stride is a sweep of its own, of stride 1.
 * A sweep without taps is pixels that no window meets.
 */
export function transposedSweeps({ batch, channels, image, grid, window, stride, dilation, before }: Windows, outputs: number): Sweep[] {
  const remainders = (axis: number): Remainder[] => {
    const [size, s, d, pad] = [image[axis], stride[axis], dilation[axis], before[axis]] as [number, number, number, number];
    return Array.from({ length: Math.min(s, size) }, (_, remainder) => {
      const offsets: { at: number; tap: number }[] = [];
      for (let tap = (window[axis] as number) - 1; tap >= 0; tap--) {
        const at = (remainder + pad - tap * d) / s;
        if (Number.isInteger(at)) offsets.push({ at, tap });
      }
      return { remainder, offsets, count: Math.ceil((size - remainder) / s) };
    });
  };
  const [imageStep, planeStep, rowStep, pixelStep] = stepsOf(image, outputs);
  const steps = [imageStep, planeStep * stride[0], rowStep * stride[1], pixelStep * stride[2]] as const;
  const sweeps: Sweep[] = [];
  for (const z of remainders(0)) {
    for (const y of remainders(1)) {
      for (const x of remainders(2)) {
        const taps = z.offsets.flatMap((tz) =>
          y.offsets.flatMap((ty) =>
            x.offsets.map((tx): Tap => ({ at: [tz.at, ty.at, tx.at], filter: (tz.tap * window[1] + ty.tap) * window[2] + tx.tap })),
          ),
        );
        const first = z.remainder * planeStep + y.remainder * rowStep + x.remainder * pixelStep;
        sweeps.push({ batch, channels, image: grid, grid: [z.count, y.count, x.count], stride: [1, 1, 1], taps, first, steps });
      }
    }
  }
  return sweeps;
}

interface Remainder {
  readonly remainder: number;
  readonly offsets: readonly { at: number; tap: number }[];
  readonly count: number;
}

function stepsOf([d, h, w]: Triple, channels: number): [number, number, number, number] {
  return [d * h * w * channels, h * w * channels, w * channels, channels];
}

export function windowsOf({ batch, grid }: Sweep): number {
  return batch * volume(grid);
}

/** Whether the outputs, of `outputs` channels each, lie one after another. */
export function isDense({ grid, steps, first }: Sweep, outputs: number): boolean {
  const [image, plane, row, pixel] = stepsOf(grid, steps[3]);
  return (
    first === 0 && pixel === outputs && (grid[0] === 1 || steps[1] === plane) && (grid[1] === 1 || steps[2] === row) && steps[0] === image
  );
}

export function tapBytes({ taps }: Sweep): number {
  return taps.length * TAP_WORDS * 4;
}

/** Writes the taps to an address. */
export function writeTaps({ heap }: Kernels, { taps, image, channels }: Sweep, address: number): void {
  const { words } = heap;
  let run = 0;
  for (let index = taps.length - 1; index >= 0; index--) {
    const { at, filter } = taps[index] as Tap;
    const next = taps[index + 1]?.at;
    run = next && next[0] === at[0] && next[1] === at[1] && next[2] === at[2] + 1 ? run + 1 : 1;
    const word = address / 4 + index * TAP_WORDS;
    words.set([...at, run, filter, ((at[0] * image[1] + at[1]) * image[2] + at[2]) * channels], word);
  }
}

/** Writes the windows' part of a kernel's parameters; the taps have been written to `taps`. */
export function writeSweep({ threads }: Kernels, p: number, swept: Sweep, x: number, to: number, taps: number): void {
  const { words } = threads;
  const { image, grid, stride, channels, steps, first } = swept;
  words.set([x, to + first * 4, ...image, channels, ...grid, ...stride, taps, swept.taps.length, ...steps, windowsOf(swept)], p);
  for (let axis = 0; axis < 3; axis++) {
    let [least, most] = [Infinity, -Infinity];
    for (const { at } of swept.taps) {
      least = Math.min(least, at[axis] as number);
      most = Math.max(most, at[axis] as number);
    }
    words[p + 19 + 2 * axis] = least;
    words[p + 20 + 2 * axis] = most;
  }
}

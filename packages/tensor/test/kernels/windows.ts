import type { Triple, Windows } from '../../src/kernels/conv-windows.ts';

interface Shape {
  readonly batch?: number;
  readonly channels: number;
  readonly image: readonly number[];
  readonly window: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  readonly before?: readonly number[];
  readonly after?: readonly number[];
}

const triple = (values: readonly number[] | undefined, rest: number): Triple =>
  [...new Array<number>(3 - (values?.length ?? 0)).fill(rest), ...(values ?? [])] as unknown as Triple;

/** Windows of which the grid follows from the rest; trailing axes may be given alone. */
export function windowsOf({ batch = 1, channels, ...shape }: Shape): Windows {
  const image = triple(shape.image, 1);
  const window = triple(shape.window, 1);
  const stride = triple(shape.stride, 1);
  const dilation = triple(shape.dilation, 1);
  const before = triple(shape.before, 0);
  const after = triple(shape.after ?? shape.before, 0);
  const grid = [0, 1, 2].map((axis) => {
    const [i, w, s, d, b, a] = [image, window, stride, dilation, before, after].map((values) => values[axis]) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return Math.max(0, Math.floor((i + b + a - (w - 1) * d - 1) / s) + 1);
  }) as unknown as Triple;
  return { batch, channels, image, grid, window, stride, dilation, before };
}

/** Images, windows, strides, paddings and dilations that reach every path; one axis to three. */
export const shapes: readonly Windows[] = [
  windowsOf({ channels: 1, image: [1], window: [1] }),
  windowsOf({ channels: 1, image: [5, 7], window: [3, 3] }),
  windowsOf({ batch: 2, channels: 3, image: [8, 9], window: [3, 2], before: [1, 0], after: [1, 1] }),
  windowsOf({ batch: 3, channels: 5, image: [9, 11], window: [3, 3], stride: [2, 2], before: [1, 1] }),
  windowsOf({ batch: 2, channels: 4, image: [10, 13], window: [3, 5], stride: [3, 2], dilation: [2, 1], before: [2, 2], after: [1, 3] }),
  windowsOf({ channels: 17, image: [6, 6], window: [1, 1], stride: [2, 3] }),
  windowsOf({ batch: 2, channels: 16, image: [14, 15], window: [3, 3], before: [1, 1] }),
  windowsOf({ channels: 70, image: [4, 5], window: [3, 3], before: [1, 1] }),
  windowsOf({ batch: 5, channels: 2, image: [20], window: [4], stride: [2], before: [3], after: [0] }),
  // Strides along the last axis alone, of images that they divide, with channels enough for whole tiles.
  windowsOf({ batch: 2, channels: 17, image: [40], window: [4], stride: [2] }),
  windowsOf({ batch: 2, channels: 32, image: [7, 6], window: [3, 5], stride: [1, 2] }),
  windowsOf({ batch: 2, channels: 3, image: [4, 5, 6], window: [2, 3, 2], stride: [1, 2, 2], before: [1, 1, 0] }),
  windowsOf({ channels: 2, image: [5, 4, 4], window: [3, 2, 1], dilation: [2, 1, 1], before: [2, 0, 0] }),
  windowsOf({ channels: 2, image: [2, 2], window: [4, 4], before: [2, 2], stride: [2, 1] }),
  windowsOf({ batch: 2, channels: 8, image: [33, 31], window: [3, 3], before: [1, 1] }),
  windowsOf({ channels: 3, image: [2, 2], window: [3, 3] }),
  // Each window a pixel.
  windowsOf({ batch: 2, channels: 17, image: [6, 7], window: [1, 1] }),
];

export function describeWindows({ batch, channels, image, window, stride, dilation, before }: Windows): string {
  return `${batch}x[${image}]x${channels} window ${window} stride ${stride} dilation ${dilation} before ${before}`;
}

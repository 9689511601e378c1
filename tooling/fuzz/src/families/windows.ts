import * as tf from '@tensorflow/tfjs-core';
import { describeInput, floats, py, type Family } from '../program.ts';
import { activated, fusedActivations } from './products.ts';
import type { Draw } from '../draw.ts';

interface Image {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}
interface Window {
  readonly filter: [number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: 'valid' | 'same' | number;
}

const NCHW = '.permute(0, 3, 1, 2)';
const NHWC = '.permute(0, 2, 3, 1)';

function image(draw: Draw): Image {
  // A few that are shared among threads and fill whole tiles.
  if (draw.chance(0.1))
    return { batch: draw.whole(1, 4), height: draw.whole(10, 40), width: draw.whole(10, 40), channels: draw.of([16, 24, 32, 48]) };
  return { batch: draw.whole(1, 3), height: draw.whole(1, 13), width: draw.whole(1, 13), channels: draw.of([1, 2, 3, 4, 8, 16, 17]) };
}

/** A window that fits into the image at least once. */
function window(draw: Draw, { height, width }: Image, canDilate: boolean): Window {
  const dilates = canDilate && draw.chance(0.3);
  const dilations: [number, number] = dilates ? [draw.whole(1, 3), draw.whole(1, 3)] : [1, 1];
  const strides: [number, number] = dilates ? [1, 1] : [draw.whole(1, 3), draw.whole(1, 3)];
  const pad = draw.of(['valid', 'same', 1, 2] as const);
  const filter = [height, width].map((size, axis) => {
    const room = pad === 'same' ? size + 3 : pad === 'valid' ? size : size + pad;
    return Math.max(1, Math.min(draw.whole(1, 5), Math.floor((room - 1) / dilations[axis]!) + 1));
  }) as [number, number];
  return { filter, strides, dilations, pad };
}

/** The padding of each side, left, right, top, bottom as PyTorch has it. */
function padding({ height, width }: Image, { filter, strides, dilations, pad }: Window): [number, number, number, number] {
  if (typeof pad === 'number') return [pad, pad, pad, pad];
  if (pad === 'valid') return [0, 0, 0, 0];
  const [top, left] = [height, width].map((size, axis) => {
    const total = Math.max((Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + (filter[axis]! - 1) * dilations[axis]! + 1 - size, 0);
    return [Math.floor(total / 2), total - Math.floor(total / 2)] as const;
  }) as [readonly [number, number], readonly [number, number]];
  return [left[0], left[1], top[0], top[1]];
}

type Explicit = [[number, number], [number, number], [number, number], [number, number]];

/** As tfjs wants it. A single number it takes for filters and strides that are the same along both axes only; elsewhere it finds a wrong output size. */
function tfPad(pad: Window['pad']): 'valid' | 'same' | Explicit {
  return typeof pad === 'number'
    ? [
        [0, 0],
        [pad, pad],
        [pad, pad],
        [0, 0],
      ]
    : pad;
}

const padded = (inner: string, pads: readonly number[], value = '0'): string => `F.pad(${inner}, ${py(pads)}, value=${value})`;

export const conv2d: Family = (draw) => {
  const size = image(draw);
  const at = window(draw, size, true);
  const out = draw.of([1, 3, 4, 8, 15, 16, 33]);
  const x = floats(draw, [size.batch, size.height, size.width, size.channels]);
  const w = floats(draw, [...at.filter, size.channels, out]);
  const torch = `F.conv2d(${padded(`x[0]${NCHW}`, padding(size, at))}, x[1].permute(3, 2, 0, 1).contiguous(), None, ${py(at.strides)}, 0, ${py(at.dilations)})`;
  if (draw.chance(0.4)) {
    const activation = draw.of(fusedActivations);
    const b = floats(draw, [out]);
    return {
      text: `fused.conv2d(${[x, w, b].map(describeInput).join(', ')}, ${py(at)}, ${activation})`,
      inputs: [x, w, b],
      run: ([a, f, bias]) =>
        tf.fused.conv2d({
          x: a as tf.Tensor4D,
          filter: f as tf.Tensor4D,
          strides: at.strides,
          pad: tfPad(at.pad),
          dilations: at.dilations,
          bias: bias!,
          activation,
        }),
      torch: activated(activation, `(${torch}${NHWC} + x[2])`),
      // tfjs-core itself refuses that of a fused dilated one.
      gradient: at.dilations.every((each) => each === 1),
    };
  }
  if (draw.chance(0.3))
    return {
      text: `conv2d channels first of (${[x, w].map(describeInput).join(', ')}, ${py(at)})`,
      inputs: [x, w],
      run: ([a, f]) => {
        const pad = tfPad(at.pad);
        const first = Array.isArray(pad) ? ([pad[0], pad[3], pad[1], pad[2]] as Explicit) : pad;
        const y = tf.conv2d(tf.transpose(a as tf.Tensor4D, [0, 3, 1, 2]), f as tf.Tensor4D, at.strides, first, 'NCHW', at.dilations);
        return tf.transpose(y, [0, 2, 3, 1]);
      },
      torch: `${torch}${NHWC}`,
      gradient: true,
    };
  return {
    text: `conv2d(${[x, w].map(describeInput).join(', ')}, ${py(at)})`,
    inputs: [x, w],
    run: ([a, f]) => tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, at.strides, tfPad(at.pad), 'NHWC', at.dilations),
    torch: `${torch}${NHWC}`,
    gradient: true,
  };
};

export const depthwise: Family = (draw) => {
  const size = image(draw);
  const at = window(draw, size, true);
  const multiplier = draw.whole(1, 3);
  const x = floats(draw, [size.batch, size.height, size.width, size.channels]);
  const w = floats(draw, [...at.filter, size.channels, multiplier]);
  const strides: [number, number] = [at.strides[0], at.strides[0]];
  const alike = { ...at, strides };
  const kernel = `x[1].permute(2, 3, 0, 1).reshape(${size.channels * multiplier}, 1, ${at.filter.join(', ')})`;
  return {
    text: `depthwiseConv2d(${[x, w].map(describeInput).join(', ')}, ${py(alike)})`,
    inputs: [x, w],
    run: ([a, f]) => tf.depthwiseConv2d(a as tf.Tensor4D, f as tf.Tensor4D, strides, tfPad(at.pad), 'NHWC', at.dilations),
    torch: `F.conv2d(${padded(`x[0]${NCHW}`, padding(size, alike))}, ${kernel}, None, ${py(strides)}, 0, ${py(at.dilations)}, ${size.channels})${NHWC}`,
    gradient: true,
  };
};

export const convTranspose: Family = (draw) => {
  const [batch, height, width, channels, out] = [draw.whole(1, 3), draw.whole(1, 6), draw.whole(1, 6), draw.whole(1, 6), draw.whole(1, 6)];
  const strides: [number, number] = [draw.whole(1, 3), draw.whole(1, 3)];
  const filter: [number, number] = [draw.whole(strides[0], 5), draw.whole(strides[1], 5)];
  const x = floats(draw, [batch, height, width, channels]);
  const w = floats(draw, [...filter, out, channels]);
  const to = [height, width].map((each, axis) => (each - 1) * strides[axis]! + filter[axis]!) as [number, number];
  return {
    text: `conv2dTranspose(${[x, w].map(describeInput).join(', ')}, [${strides}])`,
    inputs: [x, w],
    run: ([a, f]) => tf.conv2dTranspose(a as tf.Tensor4D, f as tf.Tensor4D, [batch, ...to, out], strides, 'valid'),
    torch: `F.conv_transpose2d(x[0]${NCHW}, x[1].permute(3, 2, 0, 1).contiguous(), None, ${py(strides)})${NHWC}`,
    gradient: true,
  };
};

export const pool: Family = (draw) => {
  const size = image(draw);
  const at = window(draw, size, false);
  // A window of nothing but padding has no maximum.
  const pad = typeof at.pad === 'number' ? Math.min(at.pad, Math.floor((Math.min(...at.filter) - 1) / 2)) : at.pad;
  const placed = { ...at, pad };
  const x = floats(draw, [size.batch, size.height, size.width, size.channels], 'distinct');
  const pads = padding(size, placed);
  if (draw.chance(0.5))
    return {
      text: `maxPool(${describeInput(x)}, ${py(placed)})`,
      inputs: [x],
      run: ([a]) => tf.maxPool(a as tf.Tensor4D, at.filter, at.strides, tfPad(pad)),
      torch: `F.max_pool2d(${padded(`x[0]${NCHW}`, pads, "float('-inf')")}, ${py(at.filter)}, ${py(at.strides)})${NHWC}`,
      gradient: true,
    };
  const counted = padded(`torch.ones_like(x[0]${NCHW})`, pads);
  const mean = (inner: string): string => `F.avg_pool2d(${inner}, ${py(at.filter)}, ${py(at.strides)})`;
  return {
    text: `avgPool(${describeInput(x)}, ${py(placed)})`,
    inputs: [x],
    run: ([a]) => tf.avgPool(a as tf.Tensor4D, at.filter, at.strides, tfPad(pad)),
    torch: `(${mean(padded(`x[0]${NCHW}`, pads))} / ${mean(counted)})${NHWC}`,
    gradient: true,
  };
};

export const pool3d: Family = (draw) => {
  const sizes = Array.from({ length: 3 }, () => draw.whole(1, 6)) as [number, number, number];
  const filter = sizes.map((each) => draw.whole(1, Math.min(3, each))) as [number, number, number];
  const strides = sizes.map(() => draw.whole(1, 2)) as [number, number, number];
  const x = floats(draw, [draw.whole(1, 2), ...sizes, draw.whole(1, 3)], 'distinct');
  const kind = draw.of(['max', 'avg'] as const);
  return {
    text: `${kind}Pool3d(${describeInput(x)}, [${filter}], [${strides}])`,
    inputs: [x],
    run: ([a]) => (kind === 'max' ? tf.maxPool3d : tf.avgPool3d)(a as tf.Tensor5D, filter, strides, 'valid'),
    torch: `F.${kind}_pool3d(x[0].permute(0, 4, 1, 2, 3), ${py(filter)}, ${py(strides)}).permute(0, 2, 3, 4, 1)`,
    gradient: true,
  };
};

export const conv3d: Family = (draw) => {
  const sizes = Array.from({ length: 3 }, () => draw.whole(1, 5)) as [number, number, number];
  const filter = sizes.map((each) => draw.whole(1, Math.min(3, each))) as [number, number, number];
  const strides = sizes.map(() => draw.whole(1, 2)) as [number, number, number];
  const [inputs, out] = [draw.whole(1, 4), draw.whole(1, 5)];
  const x = floats(draw, [draw.whole(1, 2), ...sizes, inputs]);
  const w = floats(draw, [...filter, inputs, out]);
  return {
    text: `conv3d(${[x, w].map(describeInput).join(', ')}, [${strides}])`,
    inputs: [x, w],
    run: ([a, f]) => tf.conv3d(a as tf.Tensor5D, f as tf.Tensor5D, strides, 'valid'),
    torch: `F.conv3d(x[0].permute(0, 4, 1, 2, 3), x[1].permute(4, 3, 0, 1, 2).contiguous(), None, ${py(strides)}).permute(0, 2, 3, 4, 1)`,
    gradient: true,
  };
};

export const conv1d: Family = (draw) => {
  const [length, channels, out] = [draw.whole(1, 30), draw.whole(1, 9), draw.whole(1, 9)];
  const dilation = draw.chance(0.3) ? draw.whole(2, 3) : 1;
  const stride = dilation > 1 ? 1 : draw.whole(1, 3);
  const width = Math.min(draw.whole(1, 5), Math.floor((length - 1) / dilation) + 1);
  const x = floats(draw, [draw.whole(1, 3), length, channels]);
  const w = floats(draw, [width, channels, out]);
  return {
    text: `conv1d(${[x, w].map(describeInput).join(', ')}, ${stride}, dilation ${dilation})`,
    inputs: [x, w],
    run: ([a, f]) => tf.conv1d(a as tf.Tensor3D, f as tf.Tensor3D, stride, 'valid', 'NWC', dilation),
    torch: `F.conv1d(x[0].permute(0, 2, 1), x[1].permute(2, 1, 0).contiguous(), None, ${stride}, 0, ${dilation}).permute(0, 2, 1)`,
    gradient: true,
  };
};

export const resize: Family = (draw) => {
  const x = floats(draw, [draw.whole(1, 2), draw.whole(1, 7), draw.whole(1, 7), draw.whole(1, 4)]);
  const to: [number, number] = [draw.whole(1, 12), draw.whole(1, 12)];
  const corners = draw.chance(0.4);
  const half = !corners && draw.chance(0.6);
  const bilinear = draw.chance(0.6);
  const run = bilinear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
  return {
    text: `${bilinear ? 'resizeBilinear' : 'resizeNearestNeighbor'}(${describeInput(x)}, [${to}], corners ${corners}, half ${half})`,
    inputs: [x],
    run: ([a]) => run(a as tf.Tensor4D, to, corners, half),
    ...(bilinear && (corners || half)
      ? { torch: `F.interpolate(x[0]${NCHW}, ${py(to)}, mode='bilinear', align_corners=${py(corners)})${NHWC}` }
      : {}),
    // The gradient knows no half pixels, in tfjs neither.
    gradient: !half,
  };
};

export const batchNorm: Family = (draw) => {
  const channels = draw.whole(1, 20);
  const sizes = [...Array.from({ length: draw.whole(1, 3) }, () => draw.whole(1, 6)), channels];
  const inputs = [
    floats(draw, sizes),
    floats(draw, [channels]),
    floats(draw, [channels], 'positive'),
    floats(draw, [channels]),
    floats(draw, [channels]),
  ];
  return {
    text: `batchNorm(${describeInput(inputs[0]!)})`,
    inputs,
    run: ([x, mean, variance, offset, scale]) =>
      tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D),
    torch: '(x[0] - x[1]) / torch.sqrt(x[2] + 0.001) * x[4] + x[3]',
    gradient: true,
    tolerance: 2e-5,
  };
};

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { refuse, type Attributes, type Operators } from '../operator.ts';

/** What a sliding window does along each axis of an image. */
interface Sliding {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function sliding(a: Attributes, kernel: readonly number[], sizes: readonly number[]): Sliding {
  const ones = kernel.map(() => 1);
  const strides = a.numbers('strides') ?? ones;
  const dilations = a.numbers('dilations') ?? ones;
  const pads = a.numbers('pads') ?? [...ones, ...ones].map(() => 0);
  const auto = a.text('auto_pad', 'NOTSET');
  let [before, after] = [pads.slice(0, kernel.length), pads.slice(kernel.length)];
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const total = sizes.map((size, i) =>
      Math.max((Math.ceil(size / strides[i]!) - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - size, 0),
    );
    const half = total.map((each) => Math.floor(each / 2));
    [before, after] =
      auto === 'SAME_UPPER' ? [half, total.map((each, i) => each - half[i]!)] : [total.map((each, i) => each - half[i]!), half];
  }
  return { kernel, strides, dilations, before, after };
}

/** Images of one axis get another of size 1. */
const asImage = (x: Tensor): tf.Tensor4D => (x.rank === 3 ? tf.expandDims(x, 2) : x) as tf.Tensor4D;
const plane = (values: readonly number[], missing: number): [number, number] =>
  values.length === 1 ? [missing, values[0]!] : (values as [number, number]);

function conv(x: Tensor, w: Tensor, a: Attributes): Tensor {
  const group = a.number('group', 1);
  const window = sliding(a, w.shape.slice(2), x.shape.slice(2));
  if (w.rank === 5) return conv3d(x, w, window, group);
  const [strides, dilations] = [plane(window.strides, 1), plane(window.dilations, 1)];
  const [before, after] = [plane(window.before, 0), plane(window.after, 0)];
  const pad: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    [0, 0],
    [before[0], after[0]],
    [before[1], after[1]],
  ];
  const filter: tf.Tensor4D = tf.transpose(asImage(w), [2, 3, 1, 0]);
  const image = asImage(x);
  // tfjs takes no strides with dilations: all windows, then every so manieth.
  const both = strides.some((each) => each > 1) && dilations.some((each) => each > 1);
  const one = (input: tf.Tensor4D, kernel: tf.Tensor4D): Tensor => {
    const y = tf.conv2d(input, kernel, both ? 1 : strides, pad, 'NCHW', dilations);
    return both ? tf.stridedSlice(y, [0, 0, 0, 0], y.shape, [1, 1, ...strides]) : y;
  };
  const depthwise = group > 1 && group === image.shape[1] && !both;
  let y: Tensor;
  if (group === 1) y = one(image, filter);
  else if (depthwise) {
    // tfjs's depthwise takes channels last and pads on all sides alike: padded beforehand.
    const multiplier = filter.shape[3] / group;
    const padded = tf.transpose(tf.pad(image, pad), [0, 2, 3, 1]) as tf.Tensor4D;
    const kernel = tf.reshape(filter, [filter.shape[0], filter.shape[1], group, multiplier]) as tf.Tensor4D;
    y = tf.transpose(tf.depthwiseConv2d(padded, kernel, strides, 'valid', 'NHWC', dilations), [0, 3, 1, 2]);
  } else {
    const images = tf.split(image, group, 1);
    y = tf.concat(
      tf.split(filter, group, 3).map((kernel, i) => one(images[i] as tf.Tensor4D, kernel as tf.Tensor4D)),
      1,
    );
  }
  return w.rank === 3 ? tf.squeeze(y, [2]) : y;
}

function conv3d(x: Tensor, w: Tensor, { strides, dilations, before, after }: Sliding, group: number): Tensor {
  if (group > 1) return refuse('a grouped convolution of volumes');
  const padded = tf.pad(x, [[0, 0], [0, 0], ...before.map((each, i): [number, number] => [each, after[i]!])]);
  const both = strides.some((each) => each > 1) && dilations.some((each) => each > 1);
  const y = tf.conv3d(
    tf.transpose(padded, [0, 2, 3, 4, 1]) as tf.Tensor5D,
    tf.transpose(w, [2, 3, 4, 1, 0]) as tf.Tensor5D,
    (both ? [1, 1, 1] : strides) as [number, number, number],
    'valid',
    'NDHWC',
    dilations as [number, number, number],
  );
  return tf.transpose(both ? tf.stridedSlice(y, [0, 0, 0, 0, 0], y.shape, [1, ...strides, 1]) : y, [0, 4, 1, 2, 3]);
}

function convTranspose(x: Tensor, w: Tensor, a: Attributes): Tensor {
  const group = a.number('group', 1);
  const kernel = w.shape.slice(2);
  const ones = kernel.map(() => 1);
  const strides = a.numbers('strides') ?? ones;
  const dilations = a.numbers('dilations') ?? ones;
  const extra = a.numbers('output_padding') ?? ones.map(() => 0);
  if (group > 1) return refuse('a grouped transposed convolution');
  const sizes = x.shape.slice(2);
  const full = sizes.map((size, i) => (size - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 + extra[i]!);
  const auto = a.text('auto_pad', 'NOTSET');
  const wanted = a.numbers('output_shape') ?? (auto.startsWith('SAME') ? sizes.map((size, i) => size * strides[i]!) : undefined);
  const pads = a.numbers('pads') ?? [...ones, ...ones].map(() => 0);
  let begin = pads.slice(0, kernel.length) as number[];
  let out = full.map((size, i) => size - pads[i]! - pads[i + kernel.length]!);
  if (wanted) {
    out = [...wanted];
    const total = full.map((size, i) => size - wanted[i]!);
    begin = total.map((each) => (auto === 'SAME_UPPER' ? Math.floor(each / 2) : each - Math.floor(each / 2)));
  }
  const order = [0, ...kernel.map((_, i) => i + 2), 1];
  const back = order.map((_, axis) => order.indexOf(axis));
  const image = tf.transpose(x, order);
  const filter = tf.transpose(w, [...kernel.map((_, i) => i + 2), 1, 0]);
  // The gradient of a convolution over the whole output, of which the padding is cut off.
  const whole = [x.shape[0]!, ...full, w.shape[1]!];
  let y: Tensor;
  if (kernel.length === 3) {
    if (dilations.some((each) => each > 1)) return refuse('a dilated transposed convolution');
    y = tf.conv3dTranspose(
      image as tf.Tensor5D,
      filter as tf.Tensor5D,
      whole as [number, number, number, number, number],
      strides as [number, number, number],
      'valid',
    );
  } else {
    // Dilation by a filter with zeros between.
    const spread = kernel.map((size, i) => (size - 1) * dilations[i]! + 1);
    const at = [...Array(kernel.reduce((size, each) => size * each, 1)).keys()].map((i) =>
      kernel.length === 1 ? [0, i * dilations[0]!] : [Math.floor(i / kernel[1]!) * dilations[0]!, (i % kernel[1]!) * dilations[1]!],
    );
    const [rows, columns] = plane(spread, 1);
    const flat = tf.reshape(filter, [-1, w.shape[1]!, w.shape[0]!]);
    const sparse = tf.scatterND(tf.tensor2d(at, undefined, 'int32'), flat, [rows, columns, w.shape[1]!, w.shape[0]!]) as tf.Tensor4D;
    const [height, width] = plane(full, 1);
    const flatImage = (x.rank === 3 ? tf.expandDims(image, 1) : image) as tf.Tensor4D;
    const wide = tf.conv2dTranspose(flatImage, sparse, [x.shape[0]!, height, width, w.shape[1]!], plane(strides, 1), 'valid');
    y = x.rank === 3 ? tf.squeeze(wide, [1]) : wide;
  }
  // An output beyond what the windows reach is zeros there.
  const beyond = out.map((size, i): [number, number] => [Math.max(-begin[i]!, 0), Math.max(begin[i]! + size - full[i]!, 0)]);
  const reached = tf.pad(tf.transpose(y, back), [[0, 0], [0, 0], ...beyond]);
  return tf.slice(reached, [0, 0, ...begin.map((each) => Math.max(each, 0))], [x.shape[0]!, w.shape[1]!, ...out]);
}

function pool(x: Tensor, a: Attributes, kind: 'max' | 'avg'): Tensor {
  const window = sliding(a, a.numbers('kernel_shape')!, x.shape.slice(2));
  const ceil = a.number('ceil_mode', 0) !== 0;
  const sizes = x.shape.slice(2);
  // The last window may hang over the end, but begins inside.
  const after = window.after.map((each, i) => {
    const span = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    const room = sizes[i]! + window.before[i]! + each - span;
    if (!ceil || room % window.strides[i]! === 0) return each;
    return each + window.strides[i]! - (room % window.strides[i]!);
  });
  const order = [0, ...window.kernel.map((_, i) => i + 2), 1];
  const back = order.map((_, axis) => order.indexOf(axis));
  const pads: [number, number][] = [[0, 0], ...window.before.map((each, i): [number, number] => [each, after[i]!]), [0, 0]];
  const padded = (image: Tensor, value: number): Tensor => tf.pad(tf.transpose(image, order), pads, value);
  const run = (image: Tensor, as: 'max' | 'avg'): Tensor => {
    if (window.kernel.length === 3) {
      if (window.dilations.some((each) => each > 1)) return refuse('a dilated pool of volumes');
      const [size, strides] = [window.kernel, window.strides] as [[number, number, number], [number, number, number]];
      return as === 'max'
        ? tf.maxPool3d(image as tf.Tensor5D, size, strides, 'valid')
        : tf.avgPool3d(image as tf.Tensor5D, size, strides, 'valid');
    }
    const [size, strides, dilations] = [plane(window.kernel, 1), plane(window.strides, 1), plane(window.dilations, 1)];
    const flat = (image.rank === 3 ? tf.expandDims(image, 1) : image) as tf.Tensor4D;
    const y = dilations.some((each) => each > 1)
      ? strides.some((each) => each > 1)
        ? tf.stridedSlice(
            tf.pool(flat, size, as, 'valid', dilations, 1),
            [0, 0, 0, 0],
            [2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30],
            [1, ...strides, 1],
          )
        : tf.pool(flat, size, as, 'valid', dilations, 1)
      : as === 'max'
        ? tf.maxPool(flat, size, strides, 'valid')
        : tf.avgPool(flat, size, strides, 'valid');
    return image.rank === 3 ? tf.squeeze(y, [1]) : y;
  };
  if (kind === 'max') return tf.transpose(run(padded(x, -3.4e38), 'max'), back);
  const mean = run(padded(x, 0), 'avg');
  // What is counted: all in the window, or only what isn't padding; what hangs over the end never is.
  const counted = a.number('count_include_pad', 0)
    ? tf.pad(tf.ones([1, 1, ...sizes.map((size, i) => size + window.before[i]! + window.after[i]!)]), [
        [0, 0],
        [0, 0],
        ...after.map((each, i): [number, number] => [0, each - window.after[i]!]),
      ])
    : tf.pad(tf.ones([1, 1, ...sizes]), [[0, 0], [0, 0], ...window.before.map((each, i): [number, number] => [each, after[i]!])]);
  const share = run(tf.transpose(counted, order), 'avg');
  return tf.transpose(tf.div(mean, share), back);
}

function bias(y: Tensor, b: Tensor | undefined): Tensor {
  return b ? tf.add(y, tf.reshape(b, [1, -1, ...Array(y.rank - 2).fill(1)] as number[])) : y;
}

export const windows: Operators = {
  AveragePool: ([x], a) => pool(x!, a, 'avg'),
  Conv: ([x, w, b], a) => bias(conv(x!, w!, a), b),
  ConvTranspose: ([x, w, b], a) => bias(convTranspose(x!, w!, a), b),
  GlobalAveragePool: ([x]) => tf.mean(x!, [...x!.shape.keys()].slice(2), true),
  GlobalMaxPool: ([x]) => tf.max(x!, [...x!.shape.keys()].slice(2), true),
  MaxPool: ([x], a, outputs) => {
    if (outputs > 1) {
      const pads = a.numbers('pads') ?? [];
      if (pads.some((each) => each > 0) || x!.rank !== 4 || a.has('auto_pad')) return refuse('MaxPool with positions over padding');
      const [n, c, h, w] = x!.shape as [number, number, number, number];
      // tfjs counts positions through height, width, channel; ONNX through channel, height, width, of all images.
      const { result, indexes } = tf.maxPoolWithArgmax(
        tf.transpose(x!, [0, 2, 3, 1]) as tf.Tensor4D,
        a.numbers('kernel_shape') as [number, number],
        a.numbers('strides') as [number, number],
        'valid',
      );
      const place: Tensor = tf.floorDiv(indexes as Tensor, tf.scalar(c, 'int32'));
      const ordered: Tensor = a.number('storage_order', 0)
        ? tf.add(tf.mul(tf.mod(place, tf.scalar(w, 'int32')), tf.scalar(h, 'int32')), tf.floorDiv(place, tf.scalar(w, 'int32')))
        : place;
      const channel = tf.reshape(tf.range(0, n * c, 1, 'int32'), [n, 1, 1, c]);
      return [
        tf.transpose(result as Tensor, [0, 3, 1, 2]),
        tf.transpose(tf.add(ordered, tf.mul(channel, tf.scalar(h * w, 'int32'))), [0, 3, 1, 2]),
      ];
    }
    return pool(x!, a, 'max');
  },
};

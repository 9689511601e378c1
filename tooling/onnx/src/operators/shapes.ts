import * as tf from '@tensorflow/tfjs-core';
import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { axisOf, given, read, refuse, type Attributes, type Operators } from '../operator.ts';
import { NotRun } from '../not-run.ts';

/** Numbers of onnx.TensorProto.DataType. */
const dtypes: Readonly<Record<number, DataType>> = { 1: 'float32', 6: 'int32', 7: 'int32', 9: 'bool', 11: 'float32' };
const names: Readonly<Record<number, string>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  8: 'string',
  10: 'float16',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

export function dtypeOf(number: number): DataType {
  const found = dtypes[number];
  if (!found) throw new NotRun(`dtype ${names[number] ?? number} is not in tfjs`);
  return found;
}

const product = (sizes: readonly number[]): number => sizes.reduce((size, each) => size * each, 1);

/** Indices of the elements of a shape as a matrix [elements, rank], with one column replaced. */
function scattered(indices: Tensor, axis: number, size: number): Tensor {
  const values = indices.dataSync();
  const { shape } = indices;
  const rows = new Int32Array(indices.size * shape.length);
  for (let i = 0; i < indices.size; i++) {
    let rest = i;
    for (let each = shape.length - 1; each >= 0; each--) {
      const at = rest % shape[each]!;
      rest = Math.floor(rest / shape[each]!);
      rows[i * shape.length + each] = each === axis ? (values[i]! < 0 ? values[i]! + size : values[i]!) : at;
    }
  }
  return tf.tensor2d(rows, [indices.size, shape.length], 'int32');
}

/** Indices [..., depth] that may count from the end. */
function wrapped(indices: Tensor, shape: readonly number[]): Tensor {
  const depth = indices.shape.at(-1)!;
  return tf.where(tf.less(indices, 0), tf.add(indices, tf.tensor1d(shape.slice(0, depth), 'int32')), indices);
}

function split(x: Tensor, sizes: number[] | undefined, count: number, axis: number): Tensor[] {
  const size = x.shape[axis]!;
  const each = Math.ceil(size / count);
  return tf.split(x, sizes ?? Array.from({ length: count }, (_, i) => Math.min(each, size - i * each)), axis);
}

function scatterElements([x, indices, updates]: readonly (Tensor | undefined)[], a: Attributes): Tensor {
  if (a.text('reduction', 'none') !== 'none' && a.text('reduction', 'none') !== 'add') return refuse('ScatterElements with a reduction');
  const axis = axisOf(a.number('axis', 0), x!.rank);
  const at = scattered(indices!, axis, x!.shape[axis]!);
  const flat = tf.reshape(updates!, [-1]);
  if (a.text('reduction', 'none') === 'add') return tf.add(x!, tf.scatterND(at, flat, x!.shape));
  return tf.tensorScatterUpdate(x!, at, flat);
}

export const shapes: Operators = {
  Cast: ([x], a) => tf.cast(x!, dtypeOf(a.number('to', 0))),
  CastLike: ([x, like]) => tf.cast(x!, like!.dtype),
  Compress: ([x, condition], a) => {
    const flags = condition!.dataSync();
    const chosen = tf.tensor1d(Int32Array.from([...flags.keys()].filter((i) => flags[i])), 'int32');
    return a.has('axis') ? tf.gather(x!, chosen, axisOf(a.number('axis', 0), x!.rank)) : tf.gather(tf.reshape(x!, [-1]), chosen);
  },
  Concat: (inputs, a) => tf.concat(inputs as Tensor[], axisOf(a.number('axis', 0), given(inputs, 0).rank)),
  ConstantOfShape: ([shape], a) => {
    const value = a.tensor('value');
    return tf.fill(read(shape!), value ? value.dataSync()[0]! : 0, (value?.dtype ?? 'float32') as 'float32');
  },
  DepthToSpace: ([x], a) => {
    const size = a.number('blocksize', 1);
    const channelsLast = tf.transpose(x!, [0, 2, 3, 1]) as tf.Tensor4D;
    if (a.text('mode', 'DCR') === 'DCR') return tf.transpose(tf.depthToSpace(channelsLast, size, 'NHWC'), [0, 3, 1, 2]);
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const parts = tf.transpose(tf.reshape(x!, [n, c / size ** 2, size, size, h, w]), [0, 1, 4, 2, 5, 3]);
    return tf.reshape(parts, [n, c / size ** 2, h * size, w * size]);
  },
  Expand: ([x, shape]) => {
    const wanted = read(shape!);
    const rank = Math.max(wanted.length, x!.rank);
    const from = [...Array(rank - x!.rank).fill(1), ...x!.shape] as number[];
    const to = [...Array(rank - wanted.length).fill(1), ...wanted] as number[];
    return tf.broadcastTo(
      tf.reshape(x!, from),
      to.map((size, axis) => (size === 1 ? from[axis]! : size)),
    );
  },
  EyeLike: ([x], a) => {
    const [rows, columns] = x!.shape as [number, number];
    const shift = a.number('k', 0);
    const at = tf.sub(tf.expandDims(tf.range(0, columns, 1, 'int32'), 0), tf.expandDims(tf.range(0, rows, 1, 'int32'), 1));
    return tf.cast(tf.equal(at, tf.scalar(shift, 'int32')), a.has('dtype') ? dtypeOf(a.number('dtype', 1)) : x!.dtype);
  },
  Flatten: ([x], a) => {
    const axis = axisOf(a.number('axis', 1), x!.rank);
    return tf.reshape(x!, [product(x!.shape.slice(0, axis)), product(x!.shape.slice(axis))]);
  },
  Gather: ([x, indices], a) => {
    const axis = axisOf(a.number('axis', 0), x!.rank);
    const size = tf.scalar(x!.shape[axis]!, 'int32');
    return tf.gather(x!, tf.where(tf.less(indices!, 0), tf.add(indices!, size), indices!), axis);
  },
  GatherElements: ([x, indices], a) => {
    const axis = axisOf(a.number('axis', 0), x!.rank);
    return tf.reshape(tf.gatherND(x!, scattered(indices!, axis, x!.shape[axis]!)), indices!.shape);
  },
  GatherND: ([x, indices], a) => {
    if (a.number('batch_dims', 0) === 0) return tf.gatherND(x!, wrapped(indices!, x!.shape));
    if (a.number('batch_dims', 0) > 1) return refuse('GatherND with several batch dimensions');
    return tf.stack(tf.unstack(x!).map((part, i) => tf.gatherND(part, wrapped(tf.unstack(indices!)[i]!, part.shape))));
  },
  OneHot: ([indices, depth, values], a) => {
    const count = read(depth!)[0]!;
    const [off, on] = read(values!) as [number, number];
    const whole = tf.cast(indices!, 'int32');
    const hot = tf.oneHot(tf.where(tf.less(whole, 0), tf.add(whole, tf.scalar(count, 'int32')), whole), count, on, off);
    const axis = axisOf(a.number('axis', -1), indices!.rank + 1);
    const order = Array.from({ length: indices!.rank }, (_, i) => i);
    return tf.cast(tf.transpose(hot, [...order.slice(0, axis), indices!.rank, ...order.slice(axis)]), values!.dtype);
  },
  Pad: ([x, pads, constant], a) => {
    const widths = pads ? read(pads) : [...(a.numbers('pads') ?? a.numbers('paddings') ?? [])];
    const value = constant ? read(constant)[0]! : a.number('value', 0);
    const pairs = x!.shape.map((_, axis): [number, number] => [widths[axis]!, widths[axis + x!.rank]!]);
    switch (a.text('mode', 'constant')) {
      case 'reflect':
        return tf.mirrorPad(x!, pairs, 'reflect');
      case 'edge': {
        // By an index for each position: the nearest inside.
        let out = x!;
        for (const [axis, [before, after]] of pairs.entries()) {
          const size = x!.shape[axis]!;
          const at = Int32Array.from({ length: size + before + after }, (_, i) => Math.min(Math.max(i - before, 0), size - 1));
          if (before + after > 0) out = tf.gather(out, tf.tensor1d(at, 'int32'), axis);
        }
        return out;
      }
      default: {
        const cut = pairs.map(([before, after]): [number, number] => [Math.max(-before, 0), Math.max(-after, 0)]);
        const kept = tf.slice(
          x!,
          cut.map(([before]) => before),
          x!.shape.map((size, axis) => size - cut[axis]![0] - cut[axis]![1]),
        );
        return tf.pad(
          kept,
          pairs.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]),
          value,
        );
      }
    }
  },
  Reshape: ([x, shape], a) => {
    const sizes = (shape ? read(shape) : [...a.numbers('shape')!]).map((size, axis) =>
      size === 0 && !a.number('allowzero', 0) ? x!.shape[axis]! : size,
    );
    return tf.reshape(x!, sizes);
  },
  ReverseSequence: ([x, lengths], a) => {
    const [batch, time] = [a.number('batch_axis', 1), a.number('time_axis', 0)];
    const parts = tf.unstack(x!, batch);
    const along = time > batch ? time - 1 : time;
    const reversed = read(lengths!).map((length, i) => {
      const [head, tail] = tf.split(parts[i]!, [length, parts[i]!.shape[along]! - length], along) as [Tensor, Tensor];
      return tf.concat([tf.reverse(head, along), tail], along);
    });
    return tf.stack(reversed, batch);
  },
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: ([x, indices, updates], a) => {
    const kind = a.text('reduction', 'none');
    if (kind === 'add') return tf.add(x!, tf.scatterND(indices!, updates!, x!.shape));
    if (kind !== 'none') return refuse('ScatterND with a product');
    return tf.tensorScatterUpdate(x!, indices!, updates!);
  },
  Shape: ([x], a) => {
    const start = axisOf(a.number('start', 0), x!.rank);
    const end = axisOf(a.number('end', x!.rank), x!.rank);
    return tf.tensor1d(Int32Array.from(x!.shape.slice(Math.max(start, 0), end)), 'int32');
  },
  Size: ([x]) => tf.scalar(x!.size, 'int32'),
  Slice: ([x, starts, ends, axes, steps], a) => {
    const from = starts ? read(starts) : [...a.numbers('starts')!];
    const to = ends ? read(ends) : [...a.numbers('ends')!];
    const along = (axes ? read(axes) : [...(a.numbers('axes') ?? from.keys())]).map((axis) => axisOf(axis, x!.rank));
    const by = steps ? read(steps) : from.map(() => 1);
    const begin = x!.shape.map(() => 0);
    const end = [...x!.shape];
    const stride = x!.shape.map(() => 1);
    let endMask = 0;
    for (const [i, axis] of along.entries()) {
      const size = x!.shape[axis]!;
      const backwards = by[i]! < 0;
      const clip = (at: number, least: number, most: number): number => Math.min(Math.max(at < 0 ? at + size : at, least), most);
      begin[axis] = clip(from[i]!, 0, backwards ? size - 1 : size);
      end[axis] = clip(to[i]!, backwards ? -1 : 0, size);
      stride[axis] = by[i]!;
      // Before the first element can't be said by a number.
      if (backwards && end[axis] === -1) endMask |= 1 << axis;
    }
    return tf.stridedSlice(
      x!,
      begin,
      end.map((at, axis) => (endMask & (1 << axis) ? 0 : at)),
      stride,
      0,
      endMask,
    );
  },
  SpaceToDepth: ([x], a) => {
    const size = a.number('blocksize', 1);
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const parts = tf.transpose(tf.reshape(x!, [n, c, h / size, size, w / size, size]), [0, 3, 5, 1, 2, 4]);
    return tf.reshape(parts, [n, c * size ** 2, h / size, w / size]);
  },
  Split: ([x, sizes], a, outputs) =>
    split(x!, sizes ? read(sizes) : (a.numbers('split') as number[] | undefined), outputs, axisOf(a.number('axis', 0), x!.rank)),
  Squeeze: ([x, axes], a) => {
    const named = axes ? read(axes) : a.numbers('axes');
    return tf.squeeze(
      x!,
      named?.map((axis) => axisOf(axis, x!.rank)),
    );
  },
  Tile: ([x, repeats]) => tf.tile(x!, read(repeats!)),
  Transpose: ([x], a) => tf.transpose(x!, [...(a.numbers('perm') ?? x!.shape.map((_, axis) => x!.rank - 1 - axis))]),
  Trilu: ([x, k], a) => {
    const [rows, columns] = x!.shape.slice(-2) as [number, number];
    const shift = tf.scalar(k ? read(k)[0]! : 0, 'int32');
    const at = tf.sub(tf.expandDims(tf.range(0, columns, 1, 'int32'), 0), tf.expandDims(tf.range(0, rows, 1, 'int32'), 1));
    return tf.where(
      tf.broadcastTo(a.number('upper', 1) ? tf.greaterEqual(at, shift) : tf.lessEqual(at, shift), x!.shape),
      x!,
      tf.zerosLike(x!),
    );
  },
  Unsqueeze: ([x, axes], a) => {
    const named = axes ? read(axes) : [...a.numbers('axes')!];
    const rank = x!.rank + named.length;
    return named
      .map((axis) => axisOf(axis, rank))
      .sort((p, q) => p - q)
      .reduce((out: Tensor, axis) => tf.expandDims(out, axis), x!);
  },
};

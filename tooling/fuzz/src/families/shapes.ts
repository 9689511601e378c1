import * as tf from '@tensorflow/tfjs-core';
import { describeInput, floats, ints, py, shape, size, type Family, type Input } from '../program.ts';
import type { Draw } from '../draw.ts';

/** Values of which nothing is computed, of any type. */
function any(draw: Draw, sizes: readonly number[]): Input {
  return draw.chance(0.3) ? ints(draw, sizes) : floats(draw, sizes);
}
const program = (text: string, x: Input, run: (a: tf.Tensor) => tf.Tensor | tf.Tensor[], torch?: string): ReturnType<Family> => ({
  text: `${text} of ${describeInput(x)}`,
  inputs: [x],
  run: ([a]) => run(a!),
  ...(torch ? { torch } : {}),
  gradient: x.dtype === 'float32',
  tolerance: 1e-6,
});

export const transpose: Family = (draw) => {
  const sizes = shape(draw, 1, 7);
  const order = draw.order(sizes.length);
  return program(`transpose [${order}]`, any(draw, sizes), (a) => tf.transpose(a, order), `x[0].permute(${py(order)})`);
};

export const reverse: Family = (draw) => {
  const sizes = shape(draw, 1, 5);
  const axes = draw.some(sizes.length);
  return program(`reverse [${axes}]`, any(draw, sizes), (a) => tf.reverse(a, axes), `torch.flip(x[0], ${py(axes)})`);
};

export const slice: Family = (draw) => {
  const sizes = shape(draw, 1, 6);
  const begin = sizes.map((each) => draw.whole(0, each));
  const lengths = sizes.map((each, axis) => draw.whole(0, each - begin[axis]!));
  const index = begin.map((each, axis) => `${each}:${each + lengths[axis]!}`).join(', ');
  return program(`slice [${begin}] [${lengths}]`, any(draw, sizes), (a) => tf.slice(a, begin, lengths), `x[0][${index}]`);
};

export const stridedSlice: Family = (draw) => {
  const sizes = shape(draw, 1, 5, { empty: false });
  const strides = sizes.map(() => draw.of([1, 2, 3, -1, -2]));
  const begin = sizes.map((each) => draw.whole(-each, each - 1));
  const end = sizes.map((each) => draw.whole(-each, each));
  const [beginMask, endMask] = [draw.whole(0, 2 ** sizes.length - 1), draw.whole(0, 2 ** sizes.length - 1)];
  const shrinkMask = draw.chance(0.3) ? 2 ** draw.whole(0, sizes.length - 1) : 0;
  const positive = strides.map((each, axis) => (shrinkMask & (1 << axis) ? 1 : each));
  const index = sizes.map((_, axis) =>
    shrinkMask & (1 << axis)
      ? String(begin[axis])
      : `${beginMask & (1 << axis) ? '' : begin[axis]}:${endMask & (1 << axis) ? '' : end[axis]}:${strides[axis]}`,
  );
  return program(
    `stridedSlice begin [${begin}] end [${end}] strides [${positive}] masks ${beginMask} ${endMask} shrink ${shrinkMask}`,
    any(draw, sizes),
    (a) =>
      tf.stridedSlice(
        a,
        begin,
        end,
        positive,
        shrinkMask & beginMask ? beginMask & ~shrinkMask : beginMask,
        endMask & ~shrinkMask,
        0,
        0,
        shrinkMask,
      ),
    `indexed(x[0], lambda a: a[${index.join(', ')}])`,
  );
};

export const pad: Family = (draw) => {
  const sizes = shape(draw, 1, 6);
  const widths = sizes.map((): [number, number] => [draw.whole(0, 3), draw.whole(0, 3)]);
  const value = draw.of([0, 1.5, -2]);
  const flat = [...widths].reverse().flat();
  const x = floats(draw, sizes);
  return program(`pad ${py(widths)} with ${value}`, x, (a) => tf.pad(a, widths, value), `F.pad(x[0], ${py(flat)}, value=${value})`);
};

export const mirrorPad: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const mode = draw.of(['reflect', 'symmetric'] as const);
  const most = (each: number): number => Math.min(3, mode === 'reflect' ? each - 1 : each);
  const widths = sizes.map((each): [number, number] => [draw.whole(0, most(each)), draw.whole(0, most(each))]);
  return program(
    `mirrorPad ${mode} ${py(widths)}`,
    floats(draw, sizes),
    (a) => tf.mirrorPad(a, widths, mode),
    `mirrored(x[0], ${py(widths)}, '${mode}')`,
  );
};

export const tile: Family = (draw) => {
  const sizes = shape(draw, 1, 5);
  const times = sizes.map(() => draw.whole(1, 3));
  return program(`tile [${times}]`, any(draw, sizes), (a) => tf.tile(a, times), `x[0].repeat(${py(times)})`);
};

export const broadcastTo: Family = (draw) => {
  // tfjs gives [0, 1] where [0, 0] is asked for.
  const to = shape(draw, 1, 6, { empty: false });
  const from = to.slice(draw.whole(0, to.length)).map((each) => (draw.chance(0.4) ? 1 : each));
  return program(`broadcastTo [${to}]`, any(draw, from), (a) => tf.broadcastTo(a, to), `x[0].expand(${py(to)})`);
};

export const concat: Family = (draw) => {
  const sizes = shape(draw, 1, 5);
  const axis = draw.whole(0, sizes.length - 1);
  const inputs = Array.from({ length: draw.whole(1, 4) }, () =>
    floats(
      draw,
      sizes.map((each, i) => (i === axis ? draw.whole(0, 5) : each)),
    ),
  );
  return {
    text: `concat(${inputs.map(describeInput).join(', ')}, ${axis})`,
    inputs,
    run: (all) => tf.concat([...all], axis),
    torch: `torch.cat(list(x), ${axis})`,
    gradient: true,
  };
};

export const stack: Family = (draw) => {
  const sizes = shape(draw, 0, 4);
  const axis = draw.whole(0, sizes.length);
  const inputs = Array.from({ length: draw.whole(1, 4) }, () => floats(draw, sizes));
  return {
    text: `stack(${inputs.map(describeInput).join(', ')}, ${axis})`,
    inputs,
    run: (all) => tf.stack([...all], axis),
    torch: `torch.stack(list(x), ${axis})`,
    gradient: true,
  };
};

export const split: Family = (draw) => {
  const sizes = shape(draw, 1, 4);
  const axis = draw.whole(0, sizes.length - 1);
  const first = draw.whole(0, sizes[axis]!);
  const parts = [first, sizes[axis]! - first];
  return program(
    `split [${parts}] axis ${axis}`,
    any(draw, sizes),
    (a) => tf.split(a, parts, axis),
    `list(torch.split(x[0], ${py(parts)}, ${axis}))`,
  );
};

export const gather: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const axis = draw.whole(0, sizes.length - 1);
  const indices = ints(draw, shape(draw, 0, 3), 0, sizes[axis]! - 1);
  const x = floats(draw, sizes);
  const shaped = py([...sizes.slice(0, axis), ...indices.shape, ...sizes.slice(axis + 1)]);
  return {
    text: `gather(${describeInput(x)}, ${describeInput(indices)}, ${axis})`,
    inputs: [x, indices],
    run: ([a, i]) => tf.gather(a!, i!, axis),
    torch: `torch.index_select(x[0], ${axis}, x[1].flatten()).reshape(${shaped})`,
    gradient: true,
  };
};

export const gatherBatch: Family = (draw) => {
  const [batch, rows] = [draw.whole(1, 4), draw.whole(1, 6)];
  const rest = shape(draw, 0, 2, { empty: false });
  const x = floats(draw, [batch, rows, ...rest]);
  const indices = ints(draw, [batch, draw.whole(1, 5)], 0, rows - 1);
  return {
    text: `gather(${describeInput(x)}, ${describeInput(indices)}, 1, batchDims 1)`,
    inputs: [x, indices],
    run: ([a, i]) => tf.gather(a!, i!, 1, 1),
    torch: 'torch.stack([x[0][b][x[1][b].long()] for b in range(x[0].shape[0])])',
  };
};

export const gatherND: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const depth = draw.whole(1, sizes.length);
  const count = draw.whole(1, 8);
  const at = Array.from({ length: count }, () => sizes.slice(0, depth).map((each) => draw.whole(0, each - 1)));
  const x = floats(draw, sizes);
  const indices: Input = { shape: [count, depth], dtype: 'int32', values: Int32Array.from(at.flat()) };
  return {
    text: `gatherND(${describeInput(x)}, ${py(at)})`,
    inputs: [x, indices],
    run: ([a, i]) => tf.gatherND(a!, i!),
    torch: 'x[0][tuple(x[1].long().T)]',
    gradient: true,
  };
};

export const scatterND: Family = (draw) => {
  const sizes = shape(draw, 1, 3, { empty: false });
  const depth = draw.whole(1, sizes.length);
  const count = draw.whole(1, 12);
  const at = Array.from({ length: count }, () => sizes.slice(0, depth).map((each) => draw.whole(0, each - 1)));
  const updates = floats(draw, [count, ...sizes.slice(depth)]);
  const indices: Input = { shape: [count, depth], dtype: 'int32', values: Int32Array.from(at.flat()) };
  return {
    text: `scatterND(${py(at)}, ${describeInput(updates)}, [${sizes}])`,
    inputs: [indices, updates],
    run: ([i, u]) => tf.scatterND(i!, u!, [...sizes]),
    torch: `torch.zeros(${py(sizes)}, dtype=x[1].dtype).index_put(tuple(x[0].long().T), x[1], accumulate=True)`,
    gradient: true,
  };
};

export const segmentSum: Family = (draw) => {
  const rows = draw.whole(1, 40);
  const rest = shape(draw, 0, 2, { empty: false });
  const segments = draw.whole(1, 9);
  const x = floats(draw, [rows, ...rest]);
  const ids = ints(draw, [rows], 0, segments - 1);
  return {
    text: `unsortedSegmentSum(${describeInput(x)}, ${segments})`,
    inputs: [x, ids],
    run: ([a, i]) => tf.unsortedSegmentSum(a!, i as tf.Tensor1D, segments),
    torch: `torch.zeros(${py([segments, ...rest])}, dtype=x[0].dtype).index_add(0, x[1], x[0])`,
    gradient: true,
  };
};

export const oneHot: Family = (draw) => {
  const depth = draw.whole(1, 9);
  const x = ints(draw, shape(draw, 0, 3), -1, depth);
  return { text: `oneHot(${describeInput(x)}, ${depth})`, inputs: [x], run: ([i]) => tf.oneHot(i!, depth, 2, -1) };
};

export const spaceToBatch: Family = (draw) => {
  const block = [draw.whole(1, 3), draw.whole(1, 3)];
  const pads = block.map((): [number, number] => [draw.whole(0, 2), 0]);
  const sizes = block.map((each) => each * draw.whole(1, 4));
  const crops = pads.map(([before], i): [number, number] => [before, (block[i]! - ((sizes[i]! + before) % block[i]!)) % block[i]!]);
  const x = floats(draw, [draw.whole(1, 3), ...sizes, draw.whole(1, 3)]);
  return program(`spaceToBatchND [${block}] ${py(crops)}`, x, (a) => tf.spaceToBatchND(a, block, crops));
};

export const batchToSpace: Family = (draw) => {
  const block = [draw.whole(1, 3), draw.whole(1, 3)];
  const x = floats(draw, [draw.whole(1, 3) * size(block), draw.whole(1, 4), draw.whole(1, 4), draw.whole(1, 3)]);
  const crops = block.map((): [number, number] => [0, 0]);
  return program(`batchToSpaceND [${block}]`, x, (a) => tf.batchToSpaceND(a, block, crops));
};

export const depthToSpace: Family = (draw) => {
  const block = draw.whole(2, 3);
  const x = floats(draw, [draw.whole(1, 3), draw.whole(1, 4), draw.whole(1, 4), block * block * draw.whole(1, 3)]);
  return program(`depthToSpace ${block}`, x, (a) => tf.depthToSpace(a as tf.Tensor4D, block, 'NHWC'));
};

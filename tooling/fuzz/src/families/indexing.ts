import * as tf from '@tensorflow/tfjs-core';
import { describeInput, floats, ints, py, shape, size, type Family, type Input } from '../program.ts';

/** Integers through operations that mostly see floats. */
export const integers: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const axis = draw.whole(0, sizes.length - 1);
  const k = draw.whole(1, sizes.at(-1)!);
  const order = draw.order(sizes.length);
  const [name, run, torch] = draw.of<readonly [string, (x: tf.Tensor) => tf.Tensor | tf.Tensor[], string | undefined]>([
    [`cumsum axis ${axis}`, (x) => tf.cumsum(x, axis), `torch.cumsum(x[0], ${axis}).int()`],
    [`topk ${k}`, (x) => tf.topk(x, k).values, `torch.topk(x[0], ${k})[0]`],
    [`transpose [${order}]`, (x) => tf.transpose(x, order), `x[0].permute(${py(order)})`],
    [`max axis ${axis}`, (x) => tf.max(x, axis), `torch.amax(x[0], ${axis})`],
    [
      `tile`,
      (x) =>
        tf.tile(
          x,
          sizes.map(() => 2),
        ),
      `x[0].repeat(${py(sizes.map(() => 2))})`,
    ],
    [
      `pad`,
      (x) =>
        tf.pad(
          x,
          sizes.map((): [number, number] => [1, 2]),
          -7,
        ),
      `F.pad(x[0], ${py(sizes.flatMap(() => [1, 2]))}, value=-7)`,
    ],
    [`stack`, (x) => tf.stack([x, x], axis), `torch.stack([x[0], x[0]], ${axis})`],
    [`where`, (x) => tf.where(tf.greater(x, 0), x, tf.zerosLike(x)), 'torch.where(x[0] > 0, x[0], torch.zeros_like(x[0]))'],
    [`relu6`, (x) => tf.relu6(x), undefined],
    [`clip`, (x) => tf.minimum(tf.maximum(x, tf.scalar(-5, 'int32')), tf.scalar(70_000, 'int32')), 'torch.clamp(x[0], -5, 70000)'],
  ]);
  const x = ints(draw, sizes, -1000, 1000, !name.startsWith('cumsum'));
  return { text: `${name} of ${describeInput(x)}`, inputs: [x], run: ([a]) => run(a!), ...(torch ? { torch } : {}) };
};

export const scatterUpdate: Family = (draw) => {
  const sizes = shape(draw, 1, 3, { empty: false });
  const depth = draw.whole(1, sizes.length);
  const places = size(sizes.slice(0, depth));
  // Each place once: of several updates of one, any may win.
  const chosen = draw.order(places).slice(0, draw.whole(1, Math.min(places, 12)));
  const at = chosen.map((place) => {
    let rest = place;
    return [...sizes.slice(0, depth)]
      .reverse()
      .map((each) => {
        const index = rest % each;
        rest = Math.floor(rest / each);
        return index;
      })
      .reverse();
  });
  const x = floats(draw, sizes);
  const indices: Input = { shape: [at.length, depth], dtype: 'int32', values: Int32Array.from(at.flat()) };
  const updates = floats(draw, [at.length, ...sizes.slice(depth)]);
  return {
    text: `tensorScatterUpdate(${describeInput(x)}, ${py(at)})`,
    inputs: [x, indices, updates],
    run: ([a, i, u]) => tf.tensorScatterUpdate(a!, i!, u!),
    torch: 'x[0].index_put(tuple(x[1].long().T), x[2])',
    gradient: true,
  };
};

export const bincount: Family = (draw) => {
  const count = draw.whole(1, 60);
  const bins = draw.whole(1, 12);
  const x = ints(draw, [count], 0, 15);
  const weights = floats(draw, [count]);
  return {
    text: `bincount(${describeInput(x)}, ${bins} bins)`,
    inputs: [x, weights],
    run: ([i, w]) => tf.bincount(i as tf.Tensor1D, w as tf.Tensor1D, bins),
    torch: `torch.bincount(x[0], x[1], ${bins})[:${bins}]`,
  };
};

export const searchSorted: Family = (draw) => {
  const sorted = floats(draw, [draw.whole(1, 30)], 'distinct');
  sorted.values.sort();
  const values = floats(draw, [draw.whole(1, 30)]);
  const right = draw.chance(0.5);
  return {
    text: `searchSorted(${describeInput(sorted)}, ${describeInput(values)}, ${right ? 'right' : 'left'})`,
    inputs: [sorted, values],
    run: ([s, v]) => tf.searchSorted(s!, v!, right ? 'right' : 'left'),
    // tfjs gives one row where all is one axis.
    torch: `torch.searchsorted(x[0], x[1], right=${py(right)}).reshape(1, -1)`,
  };
};

export const cropAndResize: Family = (draw) => {
  const x = floats(draw, [draw.whole(1, 3), draw.whole(2, 7), draw.whole(2, 7), draw.whole(1, 3)]);
  const boxes = draw.whole(1, 4);
  const corners: Input = {
    shape: [boxes, 4],
    dtype: 'float32',
    values: Float32Array.from({ length: boxes * 4 }, () => draw.unit() * 1.2 - 0.1),
  };
  const owner = ints(draw, [boxes], 0, x.shape[0]! - 1);
  const to: [number, number] = [draw.whole(1, 5), draw.whole(1, 5)];
  const method = draw.of(['bilinear', 'nearest'] as const);
  return {
    text: `cropAndResize(${describeInput(x)}, ${boxes} boxes, [${to}], ${method})`,
    inputs: [x, corners, owner],
    run: ([a, b, i]) => tf.image.cropAndResize(a as tf.Tensor4D, b as tf.Tensor2D, i as tf.Tensor1D, to, method, 0.5),
  };
};

export const responseNormalization: Family = (draw) => {
  const radius = draw.whole(0, 3);
  const x = floats(draw, [draw.whole(1, 2), draw.whole(1, 4), draw.whole(1, 4), draw.whole(1, 9)]);
  const [bias, alpha, beta] = [1 + draw.unit(), draw.unit(), 0.5 + draw.unit()];
  return {
    text: `localResponseNormalization(${describeInput(x)}, ${radius})`,
    inputs: [x],
    run: ([a]) => tf.localResponseNormalization(a as tf.Tensor4D, radius, bias, alpha, beta),
    torch: `F.local_response_norm(x[0].permute(0, 3, 1, 2), ${2 * radius + 1}, ${alpha * (2 * radius + 1)}, ${beta}, ${bias}).permute(0, 2, 3, 1)`,
    gradient: true,
  };
};

export const statistics: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const some = draw.some(sizes.length);
  const axes = some.length > 0 ? some : [0];
  const x = floats(draw, sizes);
  const keep = draw.chance(0.5);
  return {
    text: `moments(${describeInput(x)}, [${axes}])`,
    inputs: [x],
    run: ([a]) => {
      const { mean, variance } = tf.moments(a!, axes, keep);
      return [mean, variance];
    },
    torch: `[torch.mean(x[0], ${py(axes)}, ${py(keep)}), torch.var(x[0], ${py(axes)}, False, ${py(keep)})]`,
    gradient: true,
  };
};

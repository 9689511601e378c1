import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { bools, describeInput, floats, ints, py, shape, type Family } from '../program.ts';

type Reduce = readonly [
  name: string,
  run: (x: Tensor, axes: number[], keep: boolean) => Tensor,
  torch: (axes: string, keep: string) => string,
  gradient: boolean,
];
const reduces: readonly Reduce[] = [
  ['sum', tf.sum, (axes, keep) => `torch.sum(x[0], ${axes}, ${keep})`, true],
  ['mean', tf.mean, (axes, keep) => `torch.mean(x[0], ${axes}, ${keep})`, true],
  ['max', tf.max, (axes, keep) => `torch.amax(x[0], ${axes}, ${keep})`, true],
  ['min', tf.min, (axes, keep) => `torch.amin(x[0], ${axes}, ${keep})`, true],
  ['prod', tf.prod, (axes, keep) => `prod(x[0], ${axes}, ${keep})`, true],
  ['logSumExp', tf.logSumExp, (axes, keep) => `torch.logsumexp(x[0], ${axes}, ${keep})`, true],
];

export const reduce: Family = (draw) => {
  const [name, run, torch, gradient] = draw.of(reduces);
  const sizes = shape(draw, 1, 6, { empty: name === 'sum' || name === 'prod' });
  const some = draw.some(sizes.length);
  const axes = some.length > 0 ? some : [...sizes.keys()];
  const keep = draw.chance(0.5);
  // Sums of the largest floats depend on the order.
  const special = draw.chance(0.2) && (name === 'max' || name === 'min');
  const x = floats(draw, sizes, special ? 'special' : name === 'prod' ? 'positive' : 'distinct');
  const scaled = name === 'logSumExp' ? { ...x, values: (x.values as Float32Array).map((value) => value / 50) } : x;
  return {
    text: `${name}(${describeInput(x)}, axes [${axes}], keep ${keep}${special ? ', special' : ''})`,
    inputs: [scaled],
    run: ([a]) => run(a!, axes, keep),
    torch: torch(py(axes), py(keep)),
    gradient: gradient && !special,
  };
};

export const reduceInt: Family = (draw) => {
  const [name, run, torch] = draw.of<readonly [string, (x: Tensor, axes: number[], keep: boolean) => Tensor, string | undefined]>([
    ['sum', tf.sum, 'torch.sum'],
    ['max', tf.max, 'torch.amax'],
    ['min', tf.min, 'torch.amin'],
    ['mean', tf.mean, undefined],
    ['prod', tf.prod, undefined],
  ]);
  const sizes = shape(draw, 1, 6, { empty: false });
  const some = draw.some(sizes.length);
  const axes = some.length > 0 ? some : [...sizes.keys()];
  const x = name === 'prod' ? ints(draw, sizes, 1, 2) : ints(draw, sizes, -1000, 1000, name !== 'sum' && name !== 'mean');
  return {
    text: `${name}(${describeInput(x)}, axes [${axes}])`,
    inputs: [x],
    run: ([a]) => run(a!, axes, false),
    ...(torch ? { torch: `${torch}(x[0], ${py(axes)}, False${torch === 'torch.sum' ? ', dtype=torch.int32' : ''})` } : {}),
  };
};

export const truth: Family = (draw) => {
  const [name, run] = draw.of<readonly [string, typeof tf.all]>([
    ['all', tf.all],
    ['any', tf.any],
  ]);
  const sizes = shape(draw, 1, 5);
  const axis = draw.whole(0, sizes.length - 1);
  const x = bools(draw, sizes);
  return {
    text: `${name}(${describeInput(x)}, ${axis})`,
    inputs: [x],
    run: ([a]) => run(a!, axis, true),
    torch: `torch.${name}(x[0], ${axis}, True)`,
  };
};

export const extreme: Family = (draw) => {
  const [name, run] = draw.of<readonly [string, typeof tf.argMax]>([
    ['argMax', tf.argMax],
    ['argMin', tf.argMin],
  ]);
  const sizes = shape(draw, 1, 5, { empty: false });
  const axis = draw.whole(0, sizes.length - 1);
  const x = draw.chance(0.3) ? ints(draw, sizes, -3, 3) : floats(draw, sizes, 'distinct');
  return {
    text: `${name}(${describeInput(x)}, ${axis})`,
    inputs: [x],
    run: ([a]) => run(a!, axis),
    // Of equal ones PyTorch says any.
    ...(x.dtype === 'float32' ? { torch: `torch.${name.toLowerCase()}(x[0], ${axis})` } : {}),
  };
};

export const cumulative: Family = (draw) => {
  const [name, run] = draw.of<readonly [string, typeof tf.cumsum]>([
    ['cumsum', tf.cumsum],
    ['cumprod', tf.cumprod],
  ]);
  const sizes = shape(draw, 1, 5, { empty: false });
  const axis = draw.whole(0, sizes.length - 1);
  const [exclusive, reverse] = [draw.chance(0.5), draw.chance(0.5)];
  const x = floats(draw, sizes, name === 'cumprod' ? 'positive' : 'normal');
  const flipped = (inner: string): string => (reverse ? `torch.flip(${inner}, [${axis}])` : inner);
  const shifted = (inner: string): string => (exclusive ? `shift(${inner}, ${axis}, ${name === 'cumsum' ? 0 : 1})` : inner);
  return {
    text: `${name}(${describeInput(x)}, ${axis}, exclusive ${exclusive}, reverse ${reverse})`,
    inputs: [x],
    run: ([a]) => run(a!, axis, exclusive, reverse),
    torch: flipped(`torch.${name}(${shifted(flipped('x[0]'))}, ${axis})`),
    gradient: true,
  };
};

export const topK: Family = (draw) => {
  const sizes = shape(draw, 1, 4, { empty: false });
  const k = draw.whole(1, sizes.at(-1)!);
  const x = floats(draw, sizes, 'distinct');
  return {
    text: `topk(${describeInput(x)}, ${k})`,
    inputs: [x],
    run: ([a]) => {
      const { values, indices } = tf.topk(a!, k, true);
      return [values, indices];
    },
    torch: `list(torch.topk(x[0], ${k}))`,
    gradient: true,
  };
};

export const softmax: Family = (draw) => {
  const sizes = shape(draw, 1, 5, { empty: false });
  const x = floats(draw, sizes, draw.chance(0.3) ? 'distinct' : 'normal');
  const [name, run] = draw.of<readonly [string, (a: Tensor) => Tensor]>([
    ['softmax', (a) => tf.softmax(a)],
    ['log_softmax', (a) => tf.logSoftmax(a)],
  ]);
  return { text: `${name}(${describeInput(x)})`, inputs: [x], run: ([a]) => run(a!), torch: `F.${name}(x[0], -1)`, gradient: true };
};

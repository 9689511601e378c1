import type { Kernels } from '../runtime/kernels.ts';

/** Elements of a part: two passes over them should find them in the first-level cache the second time. */
const PART = 8192;
/** Elements that a thread should get at least. */
const SHARE = 8192;

/** Addresses and sizes, f32: x [images, rows, channels], of which each image's groups of neighboring channels are normalized. */
export interface ChannelNorm {
  readonly x: number;
  readonly to: number;
  readonly images: number;
  readonly rows: number;
  readonly channels: number;
  readonly groups: number;
  readonly gamma: number;
  readonly beta: number;
  readonly epsilon: number;
  /** Of each image's groups, [images, groups]. */
  readonly mean: number;
  readonly variance: number;
}

/** to = (x - mean) / sqrt(variance + epsilon)·gamma + beta; mean and (biased) variance are results too. */
export function channelNorm(kernels: Kernels, call: ChannelNorm): void {
  const { images, rows, channels, groups, epsilon } = call;
  if (images * rows * channels === 0) return;
  const { heap } = kernels;
  const [sums, factors] = [sumsOf(call), images * 3 * channels * 4];
  const space = heap.allocate(sums.bytes + factors);
  run(kernels, 'f32_channel_moments', call, { sums: space });
  const { floats } = heap;
  const [mean, variance, gamma, beta, to] = [call.mean, call.variance, call.gamma, call.beta, space + sums.bytes].map((at) => at / 4) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const width = channels / groups;
  for (let image = 0; image < images; image++) {
    for (let group = 0; group < groups; group++) {
      const set = image * groups + group;
      const [average, spread] = moments(floats, space / 4, call, sums, image, group * width, width);
      floats[mean + set] = average;
      floats[variance + set] = spread;
      const r = 1 / Math.sqrt(spread + epsilon);
      for (let c = group * width; c < (group + 1) * width; c++) {
        const at = to + image * 3 * channels + c;
        floats[at] = average;
        floats[at + channels] = r * (floats[gamma + c] as number);
        floats[at + 2 * channels] = floats[beta + c] as number;
      }
    }
  }
  run(kernels, 'f32_channel_affine', call, { factors: space + sums.bytes });
  heap.release(space, sums.bytes + factors);
}

export interface ChannelNormGradient extends Omit<ChannelNorm, 'to' | 'beta'> {
  readonly dy: number;
  readonly dx: number;
  readonly dGamma: number;
  readonly dBeta: number;
}

/** The gradients of {@link channelNorm}; none flows through mean and variance as results. */
export function channelNormGradient(kernels: Kernels, call: ChannelNormGradient): void {
  const { images, rows, channels, groups, epsilon, dy, dx } = call;
  const { heap } = kernels;
  const [dGamma, dBeta] = [new Float64Array(channels), new Float64Array(channels)];
  if (images * rows * channels > 0) {
    const [sums, factors] = [sumsOf(call), images * 4 * channels * 4];
    const space = heap.allocate(sums.bytes + factors);
    const { floats } = heap;
    const to = (space + sums.bytes) / 4;
    const [mean, variance, gamma] = [call.mean, call.variance, call.gamma].map((at) => at / 4) as [number, number, number];
    const width = channels / groups;
    for (let image = 0; image < images; image++) {
      for (let c = 0; c < channels; c++)
        floats[to + image * 4 * channels + c] = floats[mean + image * groups + Math.floor(c / width)] as number;
    }
    const given = { ...call, to: dx };
    run(kernels, 'f32_channel_gradient_sums', given, { factors: space + sums.bytes, dy, sums: space });
    const totals = new Float64Array(2 * channels);
    for (let image = 0; image < images; image++) {
      addParts(floats, space / 4, call, sums, image, totals);
      for (let group = 0; group < groups; group++) {
        const r = 1 / Math.sqrt((floats[variance + image * groups + group] as number) + epsilon);
        let [ofG, ofGU] = [0, 0];
        for (let c = group * width; c < (group + 1) * width; c++) {
          const [sum, product] = [totals[c] as number, r * (totals[channels + c] as number)];
          dBeta[c] = (dBeta[c] as number) + sum;
          dGamma[c] = (dGamma[c] as number) + product;
          ofG += (floats[gamma + c] as number) * sum;
          ofGU += (floats[gamma + c] as number) * product;
        }
        const share = r / (rows * width);
        for (let c = group * width; c < (group + 1) * width; c++) {
          const at = to + image * 4 * channels + c;
          floats[at + channels] = r * (floats[gamma + c] as number);
          floats[at + 2 * channels] = -share * r * ofGU;
          floats[at + 3 * channels] = -share * ofG;
        }
      }
    }
    run(kernels, 'f32_channel_gradient', given, { factors: space + sums.bytes, dy });
    heap.release(space, sums.bytes + factors);
  }
  heap.floats.set(dGamma, call.dGamma / 4);
  heap.floats.set(dBeta, call.dBeta / 4);
}

type Sizes = Pick<ChannelNorm, 'images' | 'rows' | 'channels'>;

interface Parts {
  /** Rows of a part, and parts of an image. */
  readonly part: number;
  readonly parts: number;
  /** Bytes of two sums of each part's channels. */
  readonly bytes: number;
}

function sumsOf({ images, rows, channels }: Sizes): Parts {
  const part = Math.max(1, Math.ceil(PART / channels));
  const parts = Math.ceil(rows / part);
  return { part, parts, bytes: images * parts * 2 * channels * 4 };
}

/** Mean and variance of an image's channels from `first` on, of the sums and squared distances of its parts (Chan, Golub, LeVeque 1979). */
function moments(
  floats: Float32Array,
  from: number,
  { rows, channels }: Sizes,
  { part, parts }: Parts,
  image: number,
  first: number,
  width: number,
): [mean: number, variance: number] {
  let [count, mean, squares] = [0, 0, 0];
  for (let index = 0; index < parts; index++) {
    const more = Math.min(part, rows - index * part);
    const at = from + (image * parts + index) * 2 * channels + first;
    for (let c = 0; c < width; c++) {
      const distance = (floats[at + c] as number) / more - mean;
      squares += (floats[at + channels + c] as number) + (distance * distance * count * more) / (count + more);
      count += more;
      mean += (distance * more) / count;
    }
  }
  return [mean, squares / count];
}

/** Both sums of an image's channels, over its parts. */
function addParts(floats: Float32Array, from: number, { channels }: Sizes, { parts }: Parts, image: number, totals: Float64Array): void {
  totals.fill(0);
  for (let index = 0; index < parts; index++) {
    const at = from + (image * parts + index) * 2 * channels;
    for (let c = 0; c < 2 * channels; c++) totals[c] = (totals[c] as number) + (floats[at + c] as number);
  }
}

function run(
  kernels: Kernels,
  name: string,
  { x, to, images, rows, channels }: Sizes & { readonly x: number; readonly to: number },
  { factors = 0, dy = 0, sums = 0 }: { readonly factors?: number; readonly dy?: number; readonly sums?: number },
): void {
  const { threads } = kernels;
  const { part, parts } = sumsOf({ images, rows, channels });
  threads.words.set([x, to, rows, part, parts, channels, factors, dy, sums], threads.parameters());
  threads.run(kernels.number(name), images * parts, Math.ceil(SHARE / (Math.min(part, rows) * channels)));
}

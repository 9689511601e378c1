import { normal, uniform } from '../random/index.ts';
import { fans } from './fan.ts';
import type { Initializer } from './initializer.ts';

type Fans = ReturnType<typeof fans>;

/** Uniform in +-sqrt(6 / (fanIn + fanOut)). X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. */
export function glorotUniform(): Initializer {
  return scaledUniform(({ fanIn, fanOut }) => 2 / (fanIn + fanOut));
}

/** Normal with variance 2 / (fanIn + fanOut), not truncated. X. Glorot, Y. Bengio, 2010. */
export function glorotNormal(): Initializer {
  return scaledNormal(({ fanIn, fanOut }) => 2 / (fanIn + fanOut));
}

/** Uniform in +-sqrt(6 / fanIn), for rectifiers. K. He et al., "Delving Deep into Rectifiers", 2015, arXiv 1502.01852. */
export function heUniform(): Initializer {
  return scaledUniform(({ fanIn }) => 2 / fanIn);
}

/** Normal with variance 2 / fanIn, not truncated, for rectifiers. K. He et al., 2015, arXiv 1502.01852. */
export function heNormal(): Initializer {
  return scaledNormal(({ fanIn }) => 2 / fanIn);
}

/** Uniform in +-sqrt(3 / fanIn). Y. LeCun et al., "Efficient BackProp", 1998. */
export function lecunUniform(): Initializer {
  return scaledUniform(({ fanIn }) => 1 / fanIn);
}

/** Normal with variance 1 / fanIn, not truncated; what selu asks for. Y. LeCun et al., 1998. */
export function lecunNormal(): Initializer {
  return scaledNormal(({ fanIn }) => 1 / fanIn);
}

function scaledUniform(variance: (of: Fans) => number): Initializer {
  return (shape, key) => {
    const bound = Math.sqrt(3 * finite(variance(fans(shape))));
    return uniform(key, shape, { min: -bound, max: bound });
  };
}

function scaledNormal(variance: (of: Fans) => number): Initializer {
  return (shape, key) => normal(key, shape, { std: Math.sqrt(finite(variance(fans(shape)))) });
}

/** A weight with an axis of size 0 has no values to scale. */
function finite(variance: number): number {
  return Number.isFinite(variance) ? variance : 0;
}

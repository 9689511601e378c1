import { allclose, type AllcloseOptions } from './allclose.ts';
import { flattenNumeric, sameShape, type Numeric } from './numeric.ts';

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The numeric matchers, as `expect.extend` takes them; the test preset installs them. */
export const matchers = {
  toBeAllclose(received: unknown, expected: Numeric, options?: AllcloseOptions): MatcherResult {
    const result = allclose(received, expected, options);
    return {
      pass: result.close,
      message: () => (result.close ? 'expected at least one element to differ, but all are close' : result.reason),
    };
  },

  toHaveShape(received: unknown, expected: readonly number[]): MatcherResult {
    const { shape } = flattenNumeric(received, 'actual');
    return {
      pass: sameShape(shape, expected),
      message: () => `expected shape [${expected}], got [${shape}]`,
    };
  },
};

declare module 'vitest' {
  // oxlint-disable-next-line no-unused-vars -- an augmentation repeats the parameters of what it augments
  interface Matchers<R, T> {
    /**
     * Every element is close: `|actual - expected| <= atol + rtol * |expected|`, and the shapes are equal.
     * Takes numbers, nested arrays, typed arrays (of any shape with as many elements) and tensors; rtol is 1e-5, atol 1e-8, and NaN differs from NaN unless `equalNaN`.
     */
    toBeAllclose(expected: Numeric, options?: AllcloseOptions): R;
    /** The shape of a tensor or of nested arrays. */
    toHaveShape(expected: readonly number[]): R;
  }
}

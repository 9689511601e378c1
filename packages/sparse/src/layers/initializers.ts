import { random, type Key } from '@x/tensor';
import { type CsrPattern } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { checkNumber } from '../validation.ts';

/** First values of a sparse layer's non-zeros, row by row. */
export type ValuesInitializer = (pattern: CsrPattern, key: Key) => Float32Array;

/**
 * Normal with variance gain / d for a unit with d inputs: what a layer's outputs vary by doesn't depend on its density.
 *
 * @param gain Default 2, for rectifiers.
 */
export function inDegreeNormal(options: { readonly gain?: number } = {}): ValuesInitializer {
  const { gain = 2 } = checkOptions('inDegreeNormal', options);
  checkNumber('inDegreeNormal', 'gain', gain, { above: 0 });
  return (pattern, key) => {
    const values = normal(key, pattern.nonZeros, 1);
    const { rows, pointers } = pattern;
    for (let row = 0; row < rows; row++) {
      const scale = Math.sqrt(gain / (pointers[row + 1]! - pointers[row]!));
      for (let q = pointers[row]!; q < pointers[row + 1]!; q++) values[q]! *= scale;
    }
    return values;
  };
}

/** Uniform in ±sqrt(3 gain / inputs) whatever the density, as code that masks a dense layer does. Default gain 2. */
export function denseFanInUniform(options: { readonly gain?: number } = {}): ValuesInitializer {
  const { gain = 2 } = checkOptions('denseFanInUniform', options);
  checkNumber('denseFanInUniform', 'gain', gain, { above: 0 });
  return (pattern, key) => {
    const bound = Math.sqrt((3 * gain) / pattern.columns);
    const drawn = random.uniform(key, [pattern.nonZeros], { min: -bound, max: bound });
    const values = drawn.dataSync().slice() as Float32Array;
    drawn.dispose();
    return values;
  };
}

/** Normal with mean 0 and the given standard deviation; SET's own program takes 0.1. */
export function normalValues(std: number): ValuesInitializer {
  checkNumber('normalValues', 'std', std, { least: 0 });
  return (pattern, key) => normal(key, pattern.nonZeros, std);
}

function normal(key: Key, count: number, std: number): Float32Array {
  const drawn = random.normal(key, [count], { std });
  const values = drawn.dataSync().slice() as Float32Array;
  drawn.dispose();
  return values;
}

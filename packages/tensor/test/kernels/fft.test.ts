import { expect, test } from 'vitest';
import { fft } from '../../src/kernels/fft.ts';
import { referenceFft } from '../../src/kernels/reference/fft.ts';
import { floats } from './values.ts';

test.for([1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 64, 97, 100, 128, 243])(
  'fft of %i values, forward and inverse: within 1e-12 of the definition',
  (n) => {
    const vector = { real: Float64Array.from(floats(n, n)), imag: Float64Array.from(floats(n, n + 1)) };
    for (const inverse of [false, true]) {
      const given = { real: vector.real.slice(), imag: vector.imag.slice() };
      fft(given, inverse);
      const expected = referenceFft(vector, inverse);
      expect(given.real).toBeAllclose(expected.real, { rtol: 0, atol: 1e-12 * n });
      expect(given.imag).toBeAllclose(expected.imag, { rtol: 0, atol: 1e-12 * n });
    }
  },
);

import type { ComplexVector } from '../fft.ts';

/** The discrete Fourier transform by its definition: the truth for the fast one. */
export function referenceFft({ real, imag }: ComplexVector, inverse: boolean): ComplexVector {
  const n = real.length;
  const sign = inverse ? 1 : -1;
  const sum = (part: (re: number, im: number, c: number, s: number) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, k) => {
      let total = 0;
      for (let j = 0; j < n; j++) {
        const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
        total += part(real[j] as number, imag[j] as number, Math.cos(angle), Math.sin(angle));
      }
      return inverse ? total / n : total;
    });
  return { real: sum((re, im, c, s) => re * c - im * s), imag: sum((re, im, c, s) => re * s + im * c) };
}

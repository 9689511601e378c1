/** A complex vector in two parts, in double precision. */
export interface ComplexVector {
  readonly real: Float64Array;
  readonly imag: Float64Array;
}

const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0;

/** cos and sin of 2·pi·k/n for k < count. */
function roots(n: number, count: number): ComplexVector {
  const angle = (_: unknown, k: number): number => (2 * Math.PI * k) / n;
  const angles = Float64Array.from({ length: count }, angle);
  return { real: angles.map(Math.cos), imag: angles.map(Math.sin) };
}

/**
 * The discrete Fourier transform in place, X[k] = sum of x[j]·exp(-2·pi·i·j·k/n); with `inverse` the sign changes and
 * X is divided by n. Lengths that aren't powers of two go by Bluestein's convolution ("A linear filtering approach to
 * the computation of discrete Fourier transform", 1970).
 */
export function fft(vector: ComplexVector, inverse: boolean): void {
  const n = vector.real.length;
  if (n > 1) {
    // exp(+...) of x is the conjugate of exp(-...) of the conjugate: exchanging the parts does both.
    const { real, imag } = inverse ? { real: vector.imag, imag: vector.real } : vector;
    if (isPowerOfTwo(n)) radix2(real, imag);
    else bluestein(real, imag);
  }
  if (inverse) {
    for (let i = 0; i < n; i++) {
      vector.real[i] = (vector.real[i] as number) / n;
      vector.imag[i] = (vector.imag[i] as number) / n;
    }
  }
}

function radix2(real: Float64Array, imag: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      for (const part of [real, imag]) {
        const kept = part[i] as number;
        part[i] = part[j] as number;
        part[j] = kept;
      }
    }
  }
  const turn = roots(n, n >> 1);
  for (let half = 1; half < n; half *= 2) {
    const step = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [c, s] = [turn.real[k * step] as number, -(turn.imag[k * step] as number)];
        const [i, j] = [start + k, start + k + half];
        const re = (real[j] as number) * c - (imag[j] as number) * s;
        const im = (real[j] as number) * s + (imag[j] as number) * c;
        real[j] = (real[i] as number) - re;
        imag[j] = (imag[i] as number) - im;
        real[i] = (real[i] as number) + re;
        imag[i] = (imag[i] as number) + im;
      }
    }
  }
}

function bluestein(real: Float64Array, imag: Float64Array): void {
  const n = real.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const circle = roots(2 * n, 2 * n);
  const a: ComplexVector = { real: new Float64Array(size), imag: new Float64Array(size) };
  const b: ComplexVector = { real: new Float64Array(size), imag: new Float64Array(size) };
  let square = 0;
  const squares = Int32Array.from({ length: n }, (_, k) => {
    const current = square;
    square = (square + 2 * k + 1) % (2 * n);
    return current;
  });
  for (let k = 0; k < n; k++) {
    const at = squares[k] as number;
    const [c, s] = [circle.real[at] as number, circle.imag[at] as number];
    const [re, im] = [real[k] as number, imag[k] as number];
    a.real[k] = re * c + im * s;
    a.imag[k] = im * c - re * s;
    b.real[k] = c;
    b.imag[k] = s;
    if (k > 0) {
      b.real[size - k] = c;
      b.imag[size - k] = s;
    }
  }
  fft(a, false);
  fft(b, false);
  for (let k = 0; k < size; k++) {
    const [ar, ai, br, bi] = [a.real[k] as number, a.imag[k] as number, b.real[k] as number, b.imag[k] as number];
    a.real[k] = ar * br - ai * bi;
    a.imag[k] = ar * bi + ai * br;
  }
  fft(a, true);
  for (let k = 0; k < n; k++) {
    const at = squares[k] as number;
    const [c, s] = [circle.real[at] as number, circle.imag[at] as number];
    real[k] = (a.real[k] as number) * c + (a.imag[k] as number) * s;
    imag[k] = (a.imag[k] as number) * c - (a.real[k] as number) * s;
  }
}

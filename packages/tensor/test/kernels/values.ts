/** Values at which floating-point code goes wrong. */
export const edgeValues: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  6,
  6.000001,
  5.999999,
  Infinity,
  -Infinity,
  NaN,
  1.401298464324817e-45,
  -1.401298464324817e-45,
  1.1754942106924411e-38,
  -1.1754942106924411e-38,
  1.1754943508222875e-38,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  5.9604645e-8,
  -5.9604645e-8,
  0.99999994,
  -0.99999994,
  1.0000001,
  88.72283,
  88.72284,
  89,
  103.9,
  -87.33654,
  -88.7,
  -103.97208,
  -103.9,
  -104,
  -150,
  1e10,
  -1e10,
  16777216,
  16777217,
  8388607.5,
  2147483648,
  -2147483648,
  4e9,
];

/** A small generator (Weyl sequence, mixed), so that tests see the same values everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Floats in [-scale, scale), every seventh an edge value if `edges`. */
export function floats(
  count: number,
  seed: number,
  { scale = 4, edges = false }: { readonly scale?: number; readonly edges?: boolean } = {},
): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count }, (_, i) =>
    edges && i % 7 === 3 ? (edgeValues[Math.floor(next() * edgeValues.length)] as number) : (next() * 2 - 1) * scale,
  );
}
export function integers(count: number, seed: number): Int32Array {
  const next = random(seed);
  return Int32Array.from({ length: count }, (_, i) => (i % 5 === 2 ? (next() * 2 - 1) * 2 ** 31 : Math.floor(next() * 9) - 4));
}
export function booleans(count: number, seed: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length: count }, () => (next() < 0.5 ? 1 : 0));
}

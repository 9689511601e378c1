/** Numbers to codes in groups, rounded by 16 random bits each: see wasm/storage/compress.ts. */
export function referenceCompress(
  x: Float32Array,
  groupSize: number,
  bits: number,
  draws: Uint16Array,
): { readonly codes: Uint8Array<ArrayBuffer>; readonly ranges: Float32Array<ArrayBuffer> } {
  const f = Math.fround;
  const most = 2 ** bits - 1;
  const codes = new Uint8Array(Math.ceil(x.length / 64) * bits * 8);
  const ranges = new Float32Array(Math.ceil(x.length / groupSize) * 2);
  for (let begin = 0; begin < x.length; begin += groupSize) {
    const end = Math.min(begin + groupSize, x.length);
    const group = x.subarray(begin, end);
    const low = group.reduce((a, b) => Math.min(a, b), Infinity);
    const step = f(f(group.reduce((a, b) => Math.max(a, b), -Infinity) - low) / most);
    const inverse = step > 0 ? f(1 / step) : 0;
    ranges.set([low, step], (begin / groupSize) * 2);
    for (let i = begin; i < begin + Math.ceil((end - begin) / 64) * 64; i++) {
      const u = f(f((draws[i] as number) + 0.5) / 65536);
      const value = i < end ? (x[i] as number) : 0;
      const code = Math.max(Math.min(Math.floor(f(f(f(value - low) * inverse) + u)), most), 0);
      const { byte, shift } = placeOf(i, bits);
      codes[byte] = (codes[byte] as number) | (code << shift);
    }
  }
  return { codes, ranges };
}

/** The numbers of codes. */
export function referenceRestore(
  codes: Uint8Array,
  ranges: Float32Array,
  count: number,
  groupSize: number,
  bits: number,
): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => {
    const group = 2 * Math.floor(i / groupSize);
    const { byte, shift } = placeOf(i, bits);
    const code = ((codes[byte] as number) >> shift) & (2 ** bits - 1);
    return (ranges[group] as number) + Math.fround(code * (ranges[group + 1] as number));
  });
}

/** Where the code of number i is. */
function placeOf(i: number, bits: number): { readonly byte: number; readonly shift: number } {
  const part = Math.floor(i / 64) * bits * 8;
  const within = i % 64;
  const width = bits * 8;
  return { byte: part + (within % width), shift: Math.floor(within / width) * bits };
}

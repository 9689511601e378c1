import type { Kernels } from '../../runtime/kernels.ts';
import { referenceInt8Product } from '../reference/quant/int8-product.ts';
import { packMatrix, unpackMatrix } from './matrix-layout.ts';
import { qs8 } from './qs8.ts';

/**
 * How products of bytes are added up without losing any:
 *
 * - `unsigned`: by relaxed dot products that take activations from 0 to 255 and lose nothing (x64 with AVX-VNNI);
 * - `signed`: by those that take them from -128 to 127 (ARM);
 * - `pairs`: by relaxed dot products of two, activations from 0 to 255, where those of four aren't exact (x64 without AVX-VNNI): they
 *   saturate at 16 bits, so only for weights whose pairs stay within, as those of 7 bits do, and for a single row of whatever weights;
 * - `exact`: by products of 16 bits, in any engine.
 */
export type DotMode = 'unsigned' | 'signed' | 'pairs' | 'exact';

interface Modes {
  readonly any: DotMode;
  readonly pairs: DotMode;
}

const found = new WeakMap<Kernels, Modes>();

/** The fastest mode that gives exact sums of so many rows on this machine, found once by trying them on the largest products there are. */
export function dotMode(kernels: Kernels, pairsFit: () => boolean, rows = 2): DotMode {
  let modes = found.get(kernels);
  if (!modes) {
    const first = (limit: number, ...candidates: DotMode[]): DotMode =>
      kernels.tier === 'simd' ? 'exact' : (candidates.find((mode) => isExact(kernels, mode, limit)) ?? 'exact');
    const any = first(128, 'unsigned', 'signed');
    modes = { any, pairs: any === 'exact' ? first(64, 'pairs') : any };
    found.set(kernels, modes);
  }
  return modes.any === modes.pairs || !(rows === 1 || pairsFit()) ? modes.any : modes.pairs;
}

/** Sizes that reach every height of tile, and columns and inputs left over. */
const ROWS = 17;
const INPUTS = 31;
const UNITS = 19;

/** Whether a mode's sums are those of the twin, for weights of at most `limit` in size: first extremes, then all kinds. */
export function isExact(kernels: Kernels, mode: DotMode, limit: number): boolean {
  const x = Int8Array.from({ length: ROWS * INPUTS }, (_, i) =>
    i % 3 === 0 ? 127 : i % 7 === 0 ? -128 : i % 5 === 0 ? 127 : ((i * 7919) % 255) - 127,
  );
  const w = Int8Array.from({ length: INPUTS * UNITS }, (_, i) => {
    const column = i % UNITS;
    return column < 4 ? limit - 1 : column < 8 ? -limit : ((i * 104729) % (2 * limit)) - limit;
  });
  const shape = { inputs: INPUTS, units: UNITS, nibbles: false };
  const packed = packMatrix(w, shape, false);
  const expected = referenceInt8Product({
    x,
    rows: ROWS,
    inputs: INPUTS,
    units: UNITS,
    w: unpackMatrix(packed, shape),
    xZero: () => 0,
    wZero: () => 0,
  });
  const sums = new Int32Array(32);
  for (let i = 0; i < w.length; i++) sums[i % UNITS]! += w[i] as number;
  const { heap } = kernels;
  const put = (bytes: Uint8Array): number => {
    const at = heap.allocate(bytes.length);
    heap.bytes.set(bytes, at);
    return at;
  };
  const placed: [number, number][] = [x, packed, sums, expected].map((values) => [
    put(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    values.byteLength,
  ]);
  const [xAt, wAt, sumsAt, c] = placed.map(([at]) => at) as [number, number, number, number];
  heap.bytes.fill(0, c, c + expected.byteLength);
  kernels.threads.alone(() =>
    qs8(kernels, mode, {
      ...{ x: xAt, xUnsigned: false, xZero: 0, rows: ROWS, inputs: INPUTS, units: UNITS, nibbles: false },
      ...{ weights: wAt, sums: sumsAt, zeros: 0, bias: 0, c, output: { kind: 'int32' as const } },
    }),
  );
  const given = new Int32Array(heap.bytes.slice(c, c + expected.byteLength).buffer);
  for (const [at, bytes] of placed) heap.release(at, bytes);
  return given.every((value, i) => value === expected[i]);
}

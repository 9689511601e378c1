import { chunksOf, mostSteps } from '../../storage/bounded.ts';
import { nearestEven } from '../quant/rounding.ts';

const BLOCK = 64;
const CHUNK = 4096;
const MAPPED = 32;
const SIGNED = 64;
const RAW = 255;

/** Numbers as whole steps in as few bits as each block needs: see wasm/storage/bounded.ts. */
export function referenceBound(x: Float32Array, step: number): Uint8Array<ArrayBuffer> {
  const inverse = Math.fround(1 / step);
  const chunks = Array.from({ length: chunksOf(x.length) }, (_, chunk) => {
    const own = x.subarray(chunk * CHUNK, (chunk + 1) * CHUNK);
    const blocks = Array.from({ length: Math.ceil(own.length / BLOCK) }, (_empty, block) => {
      const values = new Float32Array(BLOCK);
      values.set(own.subarray(block * BLOCK, (block + 1) * BLOCK));
      return encodedBlock(values, inverse);
    });
    return [...blocks.map(([head]) => head as number), ...blocks.flatMap(([, ...bits]) => bits)];
  });
  let end = 4 * chunks.length;
  const places = chunks.map(({ length }) => (end += length) - length);
  const bytes = new Uint8Array(Math.ceil(end / 4) * 4);
  bytes.set(new Uint8Array(Int32Array.from(places).buffer));
  chunks.forEach((chunk, index) => bytes.set(chunk, places[index] as number));
  return bytes;
}

/** The byte of a block, and its bits. */
function encodedBlock(values: Float32Array, inverse: number): number[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(Math.fround(largest * inverse) < mostSteps)) return [RAW, ...new Uint8Array(values.buffer)];
  const steps = Array.from(values, (value) => nearestEven(Math.fround(value * inverse)));
  if (steps.every((step) => step === 0)) return [0];
  const signed = steps.some((step) => step < 0);
  const codes = steps.map((step) => (signed ? (step < 0 ? -2 * step - 1 : 2 * step) : step));
  const others = codes.filter((code) => code !== 0).map((code) => code - 1);
  const [width, mappedWidth] = [codes, others].map((own) => 32 - Math.clz32(Math.max(...own))) as [number, number];
  const flags = signed ? SIGNED : 0;
  if (8 + mappedWidth * Math.ceil(others.length / 8) >= 8 * width) return [width | flags, ...planes(codes, width)];
  return [
    mappedWidth | flags | MAPPED,
    ...planes(
      codes.map((code) => Number(code !== 0)),
      1,
    ),
    ...planes(others, mappedWidth),
  ];
}

/** Bits of codes, the highest of all first. */
function planes(codes: readonly number[], width: number): number[] {
  return Array.from({ length: width }, (_, plane) =>
    Array.from({ length: Math.ceil(codes.length / 8) }, (_empty, byte) =>
      codes.slice(byte * 8, byte * 8 + 8).reduce((bits, code, bit) => bits | (((code >> (width - 1 - plane)) & 1) << bit), 0),
    ),
  ).flat();
}

/** The numbers again. */
export function referenceUnbound(bytes: Uint8Array, count: number, step: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let first = 0; first < count; first += CHUNK) {
    const begin = view.getInt32((first / CHUNK) * 4, true);
    const blocks = Math.ceil(Math.min(CHUNK, count - first) / BLOCK);
    let at = begin + blocks;
    for (let block = 0; block < blocks; block++) {
      const head = bytes[begin + block] as number;
      const own = values.subarray(first + block * BLOCK, first + (block + 1) * BLOCK);
      if (head === RAW) {
        own.forEach((_, i) => (own[i] = view.getFloat32(at + 4 * i, true)));
        at += 4 * BLOCK;
        continue;
      }
      const width = head & 31;
      const places = Array.from({ length: BLOCK }, (_, i) => i);
      let set = places;
      if (head & MAPPED) {
        set = places.filter((i) => (((bytes[at + (i >> 3)] as number) >> (i & 7)) & 1) === 1);
        at += BLOCK / 8;
      }
      const length = Math.ceil(set.length / 8);
      set.forEach((place, i) => {
        let code = 0;
        for (let plane = 0; plane < width; plane++) code = code * 2 + (((bytes[at + plane * length + (i >> 3)] as number) >> (i & 7)) & 1);
        if (head & MAPPED) code++;
        const steps = head & SIGNED ? (code % 2 === 1 ? -(code + 1) / 2 : code / 2) : code;
        if (place < own.length) own[place] = steps * step;
      });
      at += width * length;
    }
  }
  return values;
}

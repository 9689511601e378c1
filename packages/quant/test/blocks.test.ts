import { describe, expect, test } from 'vitest';
import { decodeBlocks, encodeBlocks, type BlockType } from '../src/gguf.ts';
import golden from './golden/blocks.json' with { type: 'json' };

/** The reference's input A, exact in float32 everywhere. */
const inputA = Float32Array.from({ length: 4096 }, (_, i) => (((Math.imul(i, 2654435761) >>> 0) % 4001) - 2000) / 512);
const inputB = Float32Array.from({ length: 32 }, (_, i) => (i - 16) / 8);
const inputC = Float32Array.from({ length: 256 }, (_, i) => (i - 128) / 64);

/** FNV-1a but for its start, which in the reference lacks the last digit of the usual one. */
function fnv1a64(bytes: Uint8Array): string {
  let hash = 1469598103934665603n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

test.each([
  ['Q4_0', 2304, 0.145964, '20acda3b206b4b05'],
  ['Q4_1', 2560, 0.134942, 'fdfe69589c3f0ff3'],
  ['Q5_0', 2816, 0.069196, 'b9d2c57a4957d539'],
  ['Q5_1', 3072, 0.06461, '47a0225f6bbee9e5'],
  ['Q8_0', 4352, 0.008531, 'aa0cddd665dbff58'],
  ['MXFP4', 2176, 0.302818, 'abe0887361b1d3b6'],
  ['NVFP4', 2304, 0.230939, '9ec2af3d15fccc7f'],
  ['TQ2_0', 1056, 1.121551, 'cc20680d02778ecd'],
  ['TQ1_0', 864, 1.121551, '8a74ec7bb3f8b2b1'],
  ['Q2_K', 1344, 0.331808, '579db0eee2c2ffd4'],
  ['Q3_K', 1760, 0.274468, 'fa2602c613d0f58d'],
  ['Q4_K', 2304, 0.129255, '7cdc955192dd19ec'],
  ['Q5_K', 2816, 0.061793, '80fd2bbed692328c'],
  ['Q6_K', 3360, 0.027784, '1a97885168bd7890'],
  ['IQ4_NL', 2304, 0.153096, '65d955d85491bd63'],
  ['IQ4_XS', 2176, 0.150698, '0f832bb5291e219c'],
] as const)('%s has the bytes of ggml’s C reference', (type, length, error, hash) => {
  const bytes = encodeBlocks(inputA, type);
  expect(bytes).toHaveLength(length);
  const decoded = decodeBlocks(bytes, type);
  const rms = Math.sqrt(decoded.reduce((sum, x, i) => sum + (x - inputA[i]!) ** 2, 0) / decoded.length);
  expect(rms).toBeCloseTo(error, 5);
  expect(fnv1a64(bytes)).toBe(hash);
});

test.each([
  ['Q4_0', '0034809191a2a2b3b3c4c4d5d5e6e6f7f7f8'],
  ['Q4_1', '223400c080809191a2a2b3b3c4c4d5d5e6e6f7f7'],
  ['Q5_0', '00300000ffff00112233445566778899aabbccddeeff'],
  ['Q8_0', '082481899199a1a9b1b9c0c8d0d8e0e8f0f8000810182028303840474f575f676f77'],
  ['MXFP4', '7e0e0e1d1d2d2d3c3c4c4b4b5a5a595960'],
  ['IQ4_NL', 'fa23809091a1b1b2c2c3d3d4e4e5e5f6f7f7'],
] as const)('a block of %s', (type, expected) => {
  expect(hex(encodeBlocks(inputB, type))).toBe(expected);
});

test.each(['Q4_1', 'Q5_1'] as const)('the least number of %s is the first of 0 and -0, as in the reference', (type) => {
  const x = new Float32Array(32).fill(1);
  [x[3], x[4]] = [0, -0];
  expect(hex(encodeBlocks(x, type).subarray(2, 4))).toBe('0000');
  [x[3], x[4]] = [-0, 0];
  expect(hex(encodeBlocks(x, type).subarray(2, 4))).toBe('0080');
});

test('blocks of K begin as the reference says', () => {
  expect(hex(encodeBlocks(inputC, 'Q4_K'))).toMatch(/^32180c284f4fcfcf3f2f1f10000f000f0000111122223333/);
  expect(hex(encodeBlocks(inputC, 'Q6_K'))).toMatch(/^00001011212131324242525363637374001010213131425252627373839494a4/);
});

describe('any bytes are read as gguf-py reads them', () => {
  test.each(Object.keys(golden.types) as BlockType[])('%s', (type) => {
    const { bytes, values } = golden.types[type as keyof typeof golden.types];
    const read = decodeBlocks(
      Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)),
      type,
    );
    const expected = new Float32Array(Uint8Array.from(atob(values), (c) => c.charCodeAt(0)).buffer);
    expect(read).toEqual(expected);
  });
});

test('zeros stay zeros, and constants nearly constant', () => {
  for (const type of Object.keys(golden.types) as BlockType[]) {
    expect(decodeBlocks(encodeBlocks(new Float32Array(256), type), type).every((x) => x === 0)).toBe(true);
    for (const x of decodeBlocks(encodeBlocks(new Float32Array(256).fill(-3), type), type)) expect(Math.abs(x + 3)).toBeLessThan(0.3);
  }
});

test.each([
  [() => encodeBlocks(new Float32Array(33), 'Q4_0'), /33 values, but Q4_0 has blocks of 32/],
  [() => encodeBlocks(new Float32Array(32), 'Q4_K'), /blocks of 256/],
  [() => encodeBlocks(new Float32Array(32).fill(Number.NaN), 'Q8_0'), /values\[0\] is NaN/],
  [() => encodeBlocks(new Float32Array(32), 'Q9_9' as never), /type is "Q9_9"/],
  [() => decodeBlocks(new Uint8Array(35), 'Q8_0'), /35 bytes, but Q8_0 has blocks of 34/],
])('bad arguments are refused %#', (call, message) => expect(call).toThrow(message));

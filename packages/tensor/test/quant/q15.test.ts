import { expect, test } from 'vitest';

// (func (export "f") (param $a i32) (param $b i32) (result i32)
//   (i16x8.extract_lane_s 0 (i16x8.q15mulr_sat_s (i16x8.splat (local.get $a)) (i16x8.splat (local.get $b)))))
const bytes = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00, 0x0a, 0x12, 0x01, 0x10, 0x00, 0x20, 0x00, 0xfd, 0x10, 0x20, 0x01, 0xfd, 0x10],
  ...[0xfd, 0x82, 0x01, 0xfd, 0x18, 0x00, 0x0b],
);

/** gemmlowp's SaturatingRoundingDoublingHighMul of 16 bits: (a·b + 2^14) >> 15, saturated. */
function definition(a: number, b: number): number {
  return Math.min((a * b + 0x4000) >> 15, 32767);
}

test('i16x8.q15mulr_sat_s is its definition: all second factors of many firsts, ties and the one overflow among them', () => {
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { f: (a: number, b: number) => number };
  expect(f(-32768, -32768)).toBe(32767);
  const firsts = [-32768, -32767, -16384, -12345, -3, -2, -1, 0, 1, 2, 3, 127, 128, 255, 4096, 16384, 16385, 32767];
  let wrong = 0;
  let ties = 0;
  for (const a of firsts)
    for (let b = -32768; b < 32768; b++) {
      if (f(a, b) !== definition(a, b)) wrong++;
      if ((a * b) % 0x8000 === 0x4000 || (a * b) % 0x8000 === -0x4000) ties++;
    }
  expect(wrong).toBe(0);
  expect(ties).toBeGreaterThan(10_000);
});

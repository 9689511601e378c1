import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIdx } from '../src/index.ts';
import { encodeIdx } from './encode-idx.ts';

const arrays = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return fc.record({ shape: fc.constant(shape), data: fc.uint8Array({ minLength: size, maxLength: size }) });
});

test('what is encoded is parsed', () => {
  fc.assert(
    fc.property(arrays, ({ shape, data }) => {
      const parsed = parseIdx(encodeIdx(shape, data));
      expect(parsed.shape).toEqual(shape);
      expect([...parsed.data]).toEqual([...data]);
    }),
  );
});

test('any truncation and any surplus is refused by name', () => {
  fc.assert(
    fc.property(arrays, fc.nat(), ({ shape, data }, seed) => {
      const whole = encodeIdx(shape, data);
      expect(() => parseIdx(whole.subarray(0, seed % whole.length), 'labels')).toThrow(/^labels is truncated: /);
      expect(() => parseIdx(new Uint8Array([...whole, 0]), 'labels')).toThrow(/^labels is too long: /);
    }),
  );
});

test('reads a view that does not start at the beginning of its buffer', () => {
  const whole = encodeIdx([2], new Uint8Array([7, 8]));
  const shifted = new Uint8Array(whole.length + 3);
  shifted.set(whole, 3);
  expect([...parseIdx(shifted.subarray(3)).data]).toEqual([7, 8]);
});

test.for([
  [[0, 1, 8, 1, 0, 0, 0, 0], 'the file is not an IDX file: it starts with 00 01, not 00 00.'],
  [
    [0x1f, 0x8b, 8, 0],
    'the file is not an IDX file: it starts with 1f 8b, not 00 00. These are the first bytes of a gzip file: decompress it first.',
  ],
  [[0, 0, 0x0d, 1, 0, 0, 0, 0], 'the file holds elements of IDX type 0d; only unsigned bytes (08) are supported.'],
  [[0, 0, 8, 0], 'the file has no dimensions.'],
  [[0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff], 'the file is truncated: shape [4294967295] needs 4294967295 bytes after the header, found 0.'],
] as const)('%j is refused', ([bytes, message]) => {
  expect(() => parseIdx(new Uint8Array(bytes))).toThrow(new Error(message));
});

import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from '../../src/index.ts';
import { useBackend } from '../backends.ts';

beforeAll(() => useBackend('cpu'));

interface Entry {
  dtype: unknown;
  shape: unknown;
  data_offsets: unknown;
}

/** A file by hand: header, then as many bytes of data. */
function file(
  header: unknown,
  dataBytes: number,
  { length, data = new Uint8Array(dataBytes) }: { length?: bigint; data?: Uint8Array } = {},
): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (begin: number, end: number, change: Partial<Entry> = {}): Entry => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
  ...change,
});

function expectRefused(bytes: Uint8Array, message: string | RegExp): void {
  expectNoLeak(() => {
    let error: unknown;
    try {
      tf.dispose(decodeSafetensors(bytes).tensors);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SafetensorsError);
    expect((error as Error).message).toMatch(message);
  });
}

const dtype = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const);
const someTensor = fc.tuple(dtype, fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })).chain(([type, shape]) => {
  const size = shape.reduce((product, each) => product * each, 1);
  const value = type === 'bool' ? fc.integer({ min: 0, max: 1 }) : type === 'int32' ? fc.integer() : fc.float();
  return fc.record({ type: fc.constant(type), shape: fc.constant(shape), values: fc.array(value, { minLength: size, maxLength: size }) });
});
const name = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text !== '__metadata__' && text.isWellFormed());

test('what is written is read back, bit for bit: any names, shapes, dtypes, values and metadata', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, someTensor, { maxKeys: 6 }),
      fc.dictionary(name, fc.string(), { maxKeys: 3 }),
      async (content, metadata) => {
        const given = Object.create(null) as Record<string, tf.Tensor>;
        for (const [key, { type, shape, values }] of Object.entries(content)) {
          const array = type === 'bool' ? Uint8Array.from(values) : type === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
          given[key] = tf.tensor(array, shape, type);
        }
        const bytes = await encodeSafetensors(given, { metadata });
        expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
        const read = decodeSafetensors(bytes);
        expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(given).sort());
        for (const [key, value] of Object.entries(given)) {
          expect([read.tensors[key]!.dtype, read.tensors[key]!.shape]).toEqual([value.dtype, value.shape]);
          expect(read.tensors[key]!.dataSync()).toEqual(value.dataSync());
        }
        expect({ ...read.metadata }).toEqual({ ...metadata });
        tf.dispose([Object.values(given), Object.values(read.tensors)]);
      },
    ),
    { numRuns: 200 },
  );
});

test('the layout is the documented one', async () => {
  const given = { flag: tf.tensor1d([true, false], 'bool'), w: tf.tensor2d([[1, -2]]) };
  const bytes = await encodeSafetensors(given, { metadata: { format: 'pt' } });
  tf.dispose(given);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
    __metadata__: { format: 'pt' },
    w: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    flag: { dtype: 'BOOL', shape: [2], data_offsets: [8, 10] },
  });
  expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 1, 0]);
});

test('bytes that lie unaligned in a larger buffer can be read', async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const bytes = await encodeSafetensors({ x });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const { tensors } = decodeSafetensors(shifted.subarray(3));
  expect(tensors['x']).toBeAllclose([1, 2, 3]);
  tf.dispose([x, tensors]);
});

describe('refused', () => {
  test.each<[string, Uint8Array, string | RegExp]>([
    ['nothing', new Uint8Array(0), '0 bytes, fewer than the 8'],
    ['half a length', new Uint8Array(5), '5 bytes, fewer than the 8'],
    ['a header longer than the file', file('{}', 0, { length: 3n }), 'would be 3 bytes long, but the file has 10 in all'],
    ['an absurd header length', file('{}', 0, { length: 2n ** 63n + 5n }), 'more than the 100000000 allowed'],
    ['a header that is no JSON', file('{"a":', 0), 'no JSON'],
    ['a header that is no UTF-8', file('{}', 0, { length: 3n, data: new Uint8Array([0xff]) }), 'no JSON in UTF-8'],
    ['a header that is no object', file('[]', 0), 'no JSON object'],
    ['metadata that are no text', file({ __metadata__: { a: 1 } }, 0), '__metadata__'],
    ['an entry that is no object', file({ a: 3 }, 0), "Tensor 'a': its entry is 3"],
    ['an unknown dtype', file({ a: entry(0, 4, { dtype: 'F64' }) }, 4), /Tensor 'a': its dtype is "F64".*F32, I32, BOOL/],
    ['a dtype named as a method', file({ a: entry(0, 4, { dtype: 'toString' }) }, 4), "Tensor 'a': its dtype"],
    ['a negative size', file({ a: entry(0, 4, { shape: [-1, -1] }) }, 4), "Tensor 'a': its shape is [-1, -1]"],
    ['a size that is no number', file({ a: entry(0, 4, { shape: ['1'] }) }, 4), "Tensor 'a': its shape"],
    [
      'sizes that multiply beyond counting',
      file({ a: entry(0, 4, { shape: [2 ** 40, 2 ** 40] }) }, 4),
      "Tensor 'a': its data_offsets [0, 4] hold 4 bytes",
    ],
    ['offsets the wrong way round', file({ a: entry(4, 0, { shape: [1] }) }, 4), "Tensor 'a': its data_offsets"],
    ['one offset', file({ a: entry(0, 4, { data_offsets: [0] }) }, 4), "Tensor 'a': its data_offsets are [0]"],
    ["offsets that don't fit the shape", file({ a: entry(0, 8, { shape: [1] }) }, 8), /Tensor 'a': .* takes 4/],
    [
      'data cut short',
      file({ a: entry(0, 4), b: entry(4, 12) }, 8),
      "Tensor 'b' ends at byte 12 of the data, but there are 8: the file is truncated",
    ],
    ['tensors that overlap', file({ a: entry(0, 8), b: entry(4, 12) }, 12), "Tensor 'b' begins at byte 4 of the data, inside"],
    ['a gap between tensors', file({ a: entry(0, 4), b: entry(8, 12) }, 12), "Tensor 'b' begins at byte 8"],
    ['bytes after the last tensor', file({ a: entry(0, 4) }, 6), 'The tensors end at byte 4 of the data, but there are 6'],
    ['a bool of 2', file({ a: entry(0, 1, { dtype: 'BOOL', shape: [1] }) }, 1, { data: new Uint8Array([2]) }), "Tensor 'a': a BOOL is 2"],
  ])('%s', (_, bytes, message) => {
    expectRefused(bytes, typeof message === 'string' ? new RegExp(message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : message);
  });

  test('1,000 files with a changed, added or removed part: an error of ours or the right tensors, and no leak', async () => {
    const given = {
      a: tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      b: tf.tensor1d([5, 6, 7], 'int32'),
      c: tf.tensor1d([true, false, true], 'bool'),
    };
    const good = await encodeSafetensors(given);
    tf.dispose(given);
    const headerBytes = 8 + Number(new DataView(good.buffer).getBigUint64(0, true));
    const broken = fc.oneof(
      fc.nat({ max: good.length - 1 }).map((length) => good.slice(0, length)),
      fc.array(fc.tuple(fc.nat({ max: headerBytes - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }).map((changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      }),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((extra) => Uint8Array.from([...good, ...extra])),
      fc.uint8Array({ maxLength: 100 }),
    );
    const counts = { refused: 0, read: 0 };
    fc.assert(
      fc.property(broken, (bytes) => {
        expectNoLeak(() => {
          try {
            tf.dispose(Object.values(decodeSafetensors(bytes).tensors));
            counts.read++;
          } catch (error) {
            expect(error).toBeInstanceOf(SafetensorsError);
            counts.refused++;
          }
        });
      }),
      { numRuns: 1000 },
    );
    expect(counts.refused).toBeGreaterThan(700);
  });
});

test("what can't be written is refused by name", async () => {
  const gone = tf.zeros([1]);
  gone.dispose();
  const text = tf.tensor1d(['a']);
  const fine = tf.zeros([1]);
  await expect(encodeSafetensors({ gone })).rejects.toThrow("tensors['gone'] is disposed");
  await expect(encodeSafetensors({ text })).rejects.toThrow("tensors['text'] is string[1], but its dtype must be float32 or int32 or bool");
  await expect(encodeSafetensors({ __metadata__: fine })).rejects.toThrow('metadata');
  await expect(encodeSafetensors({ fine }, { metadata: { a: 1 as never } })).rejects.toThrow('metadata.a is 1');
  await expect(encodeSafetensors(fine as never)).rejects.toThrow('tensors is float32[1]');
  tf.dispose([text, fine]);
});

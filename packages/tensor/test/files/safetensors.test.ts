import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, packRaw, SafetensorsError, type RawTensor, type SafetensorsDtype } from '../../src/index.ts';
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

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
/** A file as the reference implementation's tests write theirs. */
const literal = (latin1: string): Uint8Array => Uint8Array.from(latin1, (symbol) => symbol.charCodeAt(0));
const floats = (...values: number[]): string => text(new Uint8Array(Float32Array.from(values).buffer));

describe('written byte for byte as by the reference implementation', () => {
  const six = [0, 1, 2, 3, 4, 5];
  test.each<[string, Record<string, RawTensor>, Record<string, string>, string]>([
    ['nothing', {}, {}, '\x08\0\0\0\0\0\0\0{}      '],
    ['metadata alone', {}, { framework: 'pt' }, '\x28\0\0\0\0\0\0\0{"__metadata__":{"framework":"pt"}}     '],
    [
      'a tensor',
      { 'attn.0': packRaw('F32', [1, 2, 3], six) },
      {},
      `\x40\0\0\0\0\0\0\0{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}${floats(...six)}`,
    ],
    [
      'a tensor whose header is padded',
      { attn0: packRaw('F32', [1, 1, 2, 3], six) },
      {},
      `\x48\0\0\0\0\0\0\0{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ${floats(...six)}`,
    ],
    [
      'two values in a byte',
      { 'attn.0': packRaw('F4', [1, 2], Uint8Array.of(0)) },
      {},
      '\x40\0\0\0\0\0\0\0{"attn.0":{"dtype":"F4","shape":[1,2],"data_offsets":[0,1]}}    \0',
    ],
  ])('%s', async (_, tensors, metadata, expected) => {
    const bytes = await encodeSafetensors(tensors, { metadata });
    expect(text(bytes)).toBe(expected);
    expect(decodeSafetensors(bytes).metadata).toEqual(metadata);
  });

  test('larger dtypes first, then by name, whatever the order given', async () => {
    const w = tf.tensor2d([[1, -2]]);
    const flag = tf.tensor1d([true, false], 'bool');
    const zero = tf.tensor1d([7], 'int32');
    const bytes = await encodeSafetensors(
      {
        flag,
        '10': zero,
        w,
        '\u{1F600}': packRaw('U8', [1], [3]),
        '\uFF5E': packRaw('U8', [1], [4]),
        long: packRaw('I64', [1], [-1n]),
        half: packRaw('F16', [1], [1.5]),
      },
      { metadata: { format: 'pt' } },
    );
    tf.dispose([w, flag, zero]);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},' +
        '"long":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
        '"w":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},' +
        '"10":{"dtype":"I32","shape":[1],"data_offsets":[16,20]},' +
        '"half":{"dtype":"F16","shape":[1],"data_offsets":[20,22]},' +
        '"\uFF5E":{"dtype":"U8","shape":[1],"data_offsets":[22,23]},' +
        '"\u{1F600}":{"dtype":"U8","shape":[1],"data_offsets":[23,24]},' +
        '"flag":{"dtype":"BOOL","shape":[2],"data_offsets":[24,26]}}',
    );
    expect([...bytes.subarray(8 + length)]).toEqual([
      255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 0, 0, 0, 0, 0x3e, 4, 3, 1, 0,
    ]);
  });
});

const zeros = (count: number): string => '\0'.repeat(count);
const header = (json: string): string => `${String.fromCharCode(json.length % 256, json.length >> 8)}${zeros(6)}${json}`;
const i32 = (shape: string, offsets: string): string => header(`{"test":{"dtype":"I32","shape":${shape},"data_offsets":${offsets}}}`);

describe("the reference implementation's own cases", () => {
  test.each<[string, string, string[], number[]]>([
    ['white space after the header', '\x06\0\0\0\0\0\0\0{}\r \t\n', [], []],
    ['white space before it', '\x06\0\0\0\0\0\0\0\t\n{}\r ', [], []],
    ['a single value', i32('[]', '[0,4]') + zeros(4), ['test'], []],
    ['a matrix', i32('[2,2]', '[0,16]') + zeros(16), ['test'], [2, 2]],
    ['no value', i32('[2,0]', '[0, 0]'), ['test'], [2, 0]],
  ])('read: %s', (_, bytes, names, shape) => {
    const { tensors } = decodeSafetensors(literal(bytes));
    expect(Object.keys(tensors)).toEqual(names);
    for (const value of Object.values(tensors)) expect(value.shape).toEqual(shape);
    tf.dispose(Object.values(tensors));
  });

  const shared = Array.from({ length: 10 }, (_, i) => `"weight_${i}":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}`).join(',');
  test.each<[string, string, string]>([
    ['HeaderTooLarge', `<${zeros(4)}\xff\xff\xff{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}${zeros(16)}`, ''],
    ['HeaderTooSmall', '', ''],
    ['InvalidHeaderLength', `<${zeros(7)}`, ''],
    ['InvalidHeader', `\x01${zeros(7)}\xff`, 'that is not UTF-8'],
    ['InvalidHeaderDeserialization', `\x01${zeros(7)}{`, 'that is not JSON'],
    ['InvalidOffset', header(`{${shared}}`) + zeros(16), 'ten tensors at one place'],
    ['MetadataIncompleteBuffer', `${i32('[2,2]', '[0,16]')}${zeros(16)}extra_bogus_data_for_polyglot_file`, 'more bytes'],
    ['MetadataIncompleteBuffer', `${i32('[2,2]', '[0,16]')}${zeros(14)}`, '2 bytes missing'],
    ['TensorInvalidInfo', i32('[2,2]', '[0, 4]'), ''],
    ['ValidationOverflow', i32('[2,18446744073709551614]', '[0,16]') + zeros(16), 'of the shape'],
    ['ValidationOverflow', i32('[2,9223372036854775807]', '[0,16]') + zeros(16), 'of the bytes'],
    ['MisalignedSlice', header('{"attn0":{"dtype":"F4","shape":[1,3],"data_offsets":[0,2]}}') + zeros(2), ''],
  ])('refused: %s %s%s', (code, bytes) => {
    expect(() => decodeSafetensors(literal(bytes))).toThrow(expect.objectContaining({ name: 'SafetensorsError', code }));
  });
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
    ['an unknown dtype', file({ a: entry(0, 4, { dtype: 'F31' }) }, 4), /Tensor 'a': its dtype is "F31".*BOOL.*U64/],
    [
      'a name that stands twice',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', 0),
      '"a" stands twice',
    ],
    [
      'a size with a fraction of 0',
      file('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1),
      'the number 1.0 is not a plain whole one',
    ],
    ['a size in powers of ten', file('{"a":{"dtype":"U8","shape":[1e1],"data_offsets":[0,10]}}', 10), 'the number 1e1'],
    ['half a byte', file({ a: { dtype: 'F4', shape: [1, 3], data_offsets: [0, 1] } }, 1), "Tensor 'a': F4[1, 3] ends inside a byte"],
    ['a dtype named as a method', file({ a: entry(0, 4, { dtype: 'toString' }) }, 4), "Tensor 'a': its dtype"],
    ['a negative size', file({ a: entry(0, 4, { shape: [-1, -1] }) }, 4), 'the number -1 is not a plain whole one'],
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

  test('1,500 files with a changed, added or removed part: an error of ours or the right tensors, and no leak', async () => {
    const given = {
      a: tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      b: tf.tensor1d([5, 6, 7], 'int32'),
      c: tf.tensor1d([true, false, true], 'bool'),
    };
    const good = await encodeSafetensors({ ...given, d: packRaw('BF16', [3], [1, 2, 3]), e: packRaw('U64', [2], [1n, 2n]) });
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
      { numRuns: 1500 },
    );
    expect(counts.refused).toBeGreaterThan(1000);
  });

  test('1,000 headers that lie: every one is refused, and none takes memory for what it claims', () => {
    const absurd = fc.oneof(fc.constantFrom(2 ** 31, 2 ** 40, 2 ** 53 - 1), fc.integer({ min: 1, max: 10_000 }));
    const part = fc.record({
      dtype: fc.constantFrom<SafetensorsDtype>('F32', 'U8', 'F64', 'BOOL', 'F16', 'F4'),
      size: absurd,
      begin: absurd,
      bytes: absurd,
    });
    // Each lies about something: the size of what it has, where it is, or how much follows.
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.nat({ max: 64 }), (parts, dataBytes) => {
        const lies = Object.fromEntries(
          parts.map(({ dtype, size, begin, bytes }, index) => [
            `t${index}`,
            { dtype, shape: [size], data_offsets: [begin, begin + bytes] },
          ]),
        );
        const before = process.memoryUsage().arrayBuffers;
        expect(() => decodeSafetensors(file(lies, dataBytes))).toThrow(SafetensorsError);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
      }),
      { numRuns: 1000 },
    );
  });

  test('hostile JSON: deep, long, or named like what objects have', () => {
    expectRefused(file('['.repeat(200_000), 0), /JSON/);
    expectRefused(file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0), /JSON|entry|dtype/);
    expectRefused(file({ a: `${'\\"'.repeat(1_000_000)}` }, 0), /entry/);
    const { tensors } = decodeSafetensors(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    tf.dispose(Object.values(tensors));
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
  await expect(encodeSafetensors({ '\uD800': fine })).rejects.toThrow('half of a surrogate pair');
  await expect(encodeSafetensors({ raw: { dtype: 'F16', shape: [2], bytes: new Uint8Array(3) } })).rejects.toThrow(
    "tensors['raw'] has 3 bytes",
  );
  tf.dispose([text, fine]);
});

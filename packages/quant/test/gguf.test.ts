import { describe, expect, test } from 'vitest';
import { decodeBlocks, GgufError, readGguf, writeGguf } from '../src/gguf.ts';
import golden from './golden/blocks.json' with { type: 'json' };

const theirs = Uint8Array.from(atob(golden.file), (c) => c.charCodeAt(0));
const x = Float32Array.from({ length: 128 }, (_, i) => (i - 64) / 16);

describe('a file of gguf-py', () => {
  const file = readGguf(theirs);

  test('is read', () => {
    expect(file.version).toBe(3);
    expect(Object.fromEntries(file.metadata)).toEqual({
      'general.architecture': 'mlp',
      'general.name': 'Größe',
      'mlp.layers': 2,
      'mlp.scale': 0.5,
      'mlp.on': true,
      'mlp.names': ['a', 'bc'],
      'mlp.sizes': [3, 4, 5],
      'mlp.big': 2n ** 60n + 1n,
      'mlp.small': -5,
    });
    expect([...file.tensors.values()].map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ['plain', 'F32', [4, 32]],
      ['half', 'F16', [6]],
      ['blocks', 'Q8_0', [2, 64]],
    ]);
    expect(file.tensors.get('plain')!.values()).toEqual(x);
    expect(file.tensors.get('half')!.values()).toEqual(x.slice(0, 6));
    expect(file.tensors.get('blocks')!.values()).toBeAllclose(x, { atol: 0.04 });
  });

  test('is written again byte for byte', () => {
    const typed = (key: string, type: string): [string, never] => [key, { type, value: file.metadata.get(key) } as never];
    const metadata = {
      ...Object.fromEntries(file.metadata),
      ...Object.fromEntries([typed('mlp.sizes', 'int32'), typed('mlp.big', 'uint64'), typed('mlp.small', 'int8')]),
    };
    const written = writeGguf(
      {
        plain: { shape: [4, 32], type: 'F32', values: x },
        half: { shape: [6], type: 'F16', values: x.slice(0, 6) },
        blocks: { shape: [2, 64], type: 'Q8_0', values: x },
      },
      { metadata },
    );
    expect(written).toEqual(theirs);
  });

  test('is refused wherever it is cut', () => {
    for (let length = 0; length < theirs.length - 31; length += 7)
      expect(() => readGguf(theirs.subarray(0, length)), `${length}`).toThrow(GgufError);
  });

  test('never does worse than be refused, whichever byte is changed', () => {
    let refused = 0;
    for (let at = 0; at < 700; at++) {
      const bytes = theirs.slice();
      bytes[at]! ^= 0x80;
      try {
        readGguf(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(GgufError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

test('all types that can be written are read again', () => {
  const values = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i) * 2);
  const types = ['F32', 'F16', 'BF16', ...Object.keys(golden.types)];
  const bytes = writeGguf(Object.fromEntries(types.map((type) => [type, { shape: [2, 256], type, values }])), {
    metadata: { 'general.alignment': 64 },
  });
  const file = readGguf(bytes);
  for (const type of types) {
    const tensor = file.tensors.get(type)!;
    expect(tensor.shape).toEqual([2, 256]);
    expect((tensor.bytes.byteOffset - bytes.byteOffset) % 64).toBe(0);
    const exact =
      type === 'F32' ? values : type.startsWith('F') || type.startsWith('B') ? undefined : decodeBlocks(tensor.bytes, type as never);
    if (exact) expect(tensor.values()).toEqual(exact);
    // The formats of three values, of four and of more lose different shares of 2.
    const atol = /^B?F/.test(type) ? 2 ** -7 : type.startsWith('TQ') ? 1.01 : type.startsWith('Q2') ? 0.7 : 0.6;
    expect(tensor.values()).toBeAllclose(values, { atol });
  }
});

/** A file's head by hand. */
class Raw {
  readonly parts: number[] = [];
  u8(...values: number[]): this {
    this.parts.push(...values);
    return this;
  }
  u32(value: number): this {
    return this.u8(...new Uint8Array(Uint32Array.of(value).buffer));
  }
  u64(value: bigint | number): this {
    return this.u8(...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }
  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u64(bytes.length).u8(...bytes);
  }
  head(tensors: bigint | number, entries: bigint | number, version = 3): this {
    return this.u32(0x46554747).u32(version).u64(tensors).u64(entries);
  }
  tensor(name: string, sizes: readonly (bigint | number)[], type: number, offset: bigint | number): this {
    this.text(name).u32(sizes.length);
    for (const size of sizes) this.u64(size);
    return this.u32(type).u64(offset);
  }
  bytes(padding = 0): Uint8Array {
    return Uint8Array.from([...this.parts, ...Array.from({ length: padding }, () => 0)]);
  }
}

describe('malformed files are refused', () => {
  const alignment = (value: number): Raw => new Raw().head(1, 1).text('general.alignment').u32(4).u32(value).tensor('w', [8], 0, 0);
  test.each([
    ['nothing', new Raw().bytes(), /truncated/],
    ['another magic', new Raw().u32(1).bytes(30), /not with "GGUF"/],
    ['version 1', new Raw().head(0, 0, 1).bytes(), /version is 1/],
    ['big-endian', new Raw().head(0, 0, 0x03000000).bytes(), /big-endian/],
    ['more tensors than bytes', new Raw().head(2n ** 63n, 0).bytes(100), /number of tensors is 9223372036854775808, but at most/],
    ['more entries than bytes', new Raw().head(0, 1000).bytes(100), /number of metadata entries is 1000/],
    [
      'an endless string',
      new Raw()
        .head(0, 1)
        .u64(2n ** 40n)
        .bytes(50),
      /length of the key of metadata entry 0 is 1099511627776/,
    ],
    [
      'an endless array',
      new Raw()
        .head(0, 1)
        .text('a')
        .u32(9)
        .u32(4)
        .u64(2n ** 61n)
        .bytes(50),
      /length of "a" is/,
    ],
    ['arrays without end', nested(6).bytes(50), /deeper than 4/],
    ['an unknown metadata type', new Raw().head(0, 1).text('a').u32(13).bytes(50), /type 13/],
    ['an unknown element type', new Raw().head(0, 1).text('a').u32(9).u32(99).u64(1).bytes(50), /elements of the type 99/],
    ['a bool of 2', new Raw().head(0, 1).text('a').u32(7).u8(2).bytes(9), /bool of 2/],
    ['bytes that are no UTF-8', new Raw().head(0, 1).u64(1).u8(255).u32(7).u8(1).bytes(9), /no UTF-8/],
    ['a key twice', new Raw().head(0, 2).text('a').u32(0).u8(1).text('a').u32(0).u8(1).bytes(), /"a" twice/],
    ['alignment 0', alignment(0).bytes(100), /alignment is 0/],
    ['alignment 4', alignment(4).bytes(100), /alignment is 4/],
    ['alignment 2^31', alignment(2 ** 31).bytes(100), /would end at byte 2147483680/],
    [
      'too many axes',
      new Raw()
        .head(1, 0)
        .tensor(
          'w',
          Array.from({ length: 9 }, () => 1),
          0,
          0,
        )
        .bytes(100),
      /9 axes/,
    ],
    [
      'sizes that overflow',
      new Raw()
        .head(1, 0)
        .tensor('w', [2n ** 33n, 2n ** 33n], 0, 0)
        .bytes(100),
      /would have 73786976294838206464 values/,
    ],
    [
      'sizes that overflow to 0',
      new Raw()
        .head(1, 0)
        .tensor('w', [2n ** 32n, 2n ** 32n], 0, 0)
        .bytes(100),
      /values, more than any file/,
    ],
    ['an unknown tensor type', new Raw().head(1, 0).tensor('w', [4], 4, 0).bytes(100), /type 4, which is not known/],
    ['rows that don’t fill blocks', new Raw().head(1, 0).tensor('w', [33, 32], 8, 0).bytes(2000), /rows of 33 values/],
    ['a tensor beyond the end', new Raw().head(1, 0).tensor('w', [64], 0, 32).bytes(200), /would end at byte/],
    [
      'an offset that overflows',
      new Raw()
        .head(1, 0)
        .tensor('w', [8], 0, 2n ** 64n - 32n)
        .bytes(200),
      /would end at byte 18446744073709551/,
    ],
    ['an offset out of alignment', new Raw().head(1, 0).tensor('w', [8], 0, 4).bytes(200), /no multiple of the alignment/],
    ['tensors that overlap', new Raw().head(2, 0).tensor('v', [16], 0, 0).tensor('w', [8], 0, 32).bytes(400), /"w" begins inside "v"/],
    ['a name twice', new Raw().head(2, 0).tensor('w', [8], 0, 0).tensor('w', [8], 0, 32).bytes(400), /Two tensors are called "w"/],
    ['a long name', new Raw().head(1, 0).tensor('w'.repeat(65), [8], 0, 0).bytes(400), /longer than 64 bytes/],
  ])('%s', (_, bytes, message) => {
    expect(() => readGguf(bytes)).toThrow(GgufError);
    expect(() => readGguf(bytes)).toThrow(message);
  });

  function nested(depth: number): Raw {
    const raw = new Raw().head(0, 1).text('a').u32(9);
    for (let i = 1; i < depth; i++) raw.u32(9).u64(1);
    return raw.u32(0).u64(1).u8(1);
  }
});

test('empty tensors and scalars are fine; what can’t be decoded says so', () => {
  const file = readGguf(new Raw().head(3, 0).tensor('none', [0, 4], 0, 0).tensor('one', [], 0, 0).tensor('odd', [256], 19, 32).bytes(300));
  expect(file.tensors.get('none')!.values()).toHaveLength(0);
  expect(file.tensors.get('one')!.values()).toHaveLength(1);
  expect(() => file.tensors.get('odd')!.values()).toThrow(/"odd" is IQ1_S, whose values can't be read/);
});

test('whole numbers are written as a type that holds them', () => {
  const metadata = {
    a: 2n ** 63n,
    b: [1, 2n ** 60n],
    c: 2 ** 60,
    d: [-(2n ** 63n), 5],
    e: [0.5, 2],
    f: { type: 'uint64', value: 7 } as const,
  };
  const file = readGguf(writeGguf({}, { metadata }));
  expect([...file.metadata]).toEqual([
    ['a', 2n ** 63n],
    ['b', [1, 2n ** 60n]],
    ['c', 2n ** 60n],
    ['d', [-(2n ** 63n), 5]],
    ['e', [0.5, 2]],
    ['f', 7],
  ]);
});

test.each([
  [() => writeGguf({}, { metadata: { a: { type: 'uint8', value: 256 } } }), /holds 256, but uint8 has whole numbers from 0 to 255/],
  [() => writeGguf({}, { metadata: { a: { type: 'int8', value: [-128, -129] } } }), /holds -129, but int8 .* -128 to 127/],
  [() => writeGguf({}, { metadata: { a: { type: 'uint32', value: 1.5 } } }), /holds 1.5, but uint32/],
  [() => writeGguf({}, { metadata: { a: { type: 'int32', value: Number.NaN } } }), /holds NaN, but int32/],
  [() => writeGguf({}, { metadata: { a: { type: 'uint64', value: -1n } } }), /holds -1, but uint64 .* 0 to 18446744073709551615/],
  [() => writeGguf({}, { metadata: { a: 2n ** 64n } }), /holds 18446744073709551616, but uint64/],
  [() => writeGguf({}, { metadata: { a: 1e300 } }), /holds 1e\+300, which no float32 is; give { type: 'float64', value }/],
  [() => writeGguf({}, { metadata: { a: { type: 'float32', value: 1n } } }), /holds 1.*, which is no float32/],
  [() => writeGguf({}, { metadata: null as never }), /metadata is null/],
  [() => writeGguf({ w: { shape: [3], type: 'I8', bytes: [1, 2, 3] as never } }), /bytes is \[1, 2, 3\]/],
  [() => writeGguf({ w: { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], type: 'F32', values: new Float32Array(1) } }), /at most 8/],
  [() => writeGguf({ w: { shape: [33], type: 'Q8_0', values: new Float32Array(33) } }), /rows have 33 values, but Q8_0 has blocks of 32/],
  [() => writeGguf({ w: { shape: [3], type: 'F32', values: new Float32Array(4) } }), /values is .*the 3 values/],
  [() => writeGguf({ w: { shape: [3], type: 'F99', values: new Float32Array(3) } }), /type is "F99"/],
  [() => writeGguf({ w: { shape: [3], type: 'I32', values: new Float32Array(3) } }), /I32 can be read but not made/],
  [() => writeGguf({ w: { shape: [3], type: 'F32' } }), /either values or bytes/],
  [() => writeGguf({ w: { shape: [3], type: 'F32', bytes: new Uint8Array(3) } }), /3 bytes, but \[3\] of F32 needs 12/],
  [() => writeGguf({ ['w'.repeat(65)]: { shape: [0], type: 'F32', values: new Float32Array(0) } }), /longer than 64/],
  [() => writeGguf({}, { metadata: { 'general.alignment': 12 } }), /multiple of 8/],
  [() => writeGguf({}, { metadata: { a: { type: 'string', value: 3 } } }), /holds 3, which is no string/],
  [() => readGguf('x' as never), /bytes is "x"/],
])('bad arguments are refused %#', (call, message) => expect(call).toThrow(message));

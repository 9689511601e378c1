import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackRaw } from '../../src/index.ts';
import { decodeOnnxModel, decodeOnnxTensor, decodeOnnxWeights, OnnxError } from '../../src/onnx.ts';

type Write = (writer: BinaryWriter) => void;
const message = (...fields: Write[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const field of fields) field(writer);
  return writer.finish();
};
const bytes =
  (number: number, value: Uint8Array): Write =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).bytes(value);
const text = (number: number, value: string): Write => bytes(number, new TextEncoder().encode(value));
const whole =
  (number: number, value: number | bigint): Write =>
  (writer) =>
    writer.tag(number, WireType.Varint).int64(value);
/** One by one, and packed. */
const each = (number: number, ...values: number[]): Write[] => values.map((value) => whole(number, value));
const packed = (number: number, ...values: number[]): Write => {
  const inner = new BinaryWriter();
  for (const value of values) inner.int64(value);
  return bytes(number, inner.finish());
};
const packedFloats = (number: number, ...values: number[]): Write => bytes(number, new Uint8Array(Float32Array.from(values).buffer));

const F32 = 1;
const weight = message(...each(1, 2, 3), whole(2, F32), text(8, 'w'), bytes(9, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)));
const bias = message(packed(1, 3), whole(2, F32), packedFloats(4, 0.5, -0.5, 9), text(8, 'b'));
const node = message(
  text(1, 'x'),
  text(1, 'w'),
  text(1, 'b'),
  text(2, 'y'),
  text(4, 'Gemm'),
  bytes(5, message(text(1, 'transB'), whole(3, 1), whole(20, 2))),
);
const graph = message(bytes(1, node), bytes(5, weight), bytes(5, bias), bytes(11, message(text(1, 'x'))), bytes(12, message(text(1, 'y'))));
const model = message(whole(1, 8), bytes(7, graph), bytes(8, message(text(1, ''), whole(2, 17))));

test('the weights of a model, raw or in the field of their type', () => {
  const weights = decodeOnnxWeights(model);
  expect(Object.keys(weights)).toEqual(['w', 'b']);
  expect([weights['w']!.shape, unpackRaw(weights['w']!)]).toEqual([[2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)]);
  expect([weights['b']!.shape, unpackRaw(weights['b']!)]).toEqual([[3], Float32Array.of(0.5, -0.5, 9)]);
});

test('the graph as data', () => {
  const { graph: read, versions } = decodeOnnxModel(model);
  expect(versions.get('')).toBe(17);
  expect([read.inputs, read.outputs]).toEqual([['x'], ['y']]);
  expect(read.nodes).toMatchObject([{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'], attributes: { transB: 1 } }]);
});

describe('tensors of each data type', () => {
  const tensor = (type: number, ...values: Write[]): Uint8Array => message(packed(1, 2), whole(2, type), ...values);
  test.each<[string, Uint8Array, string, ArrayLike<number | bigint>]>([
    ['float', tensor(1, packedFloats(4, 1.5, -2)), 'F32', Float32Array.of(1.5, -2)],
    ['uint8', tensor(2, packed(5, 255, 0)), 'U8', Uint8Array.of(255, 0)],
    ['int8', tensor(3, packed(5, -128, 127)), 'I8', Int8Array.of(-128, 127)],
    ['int16', tensor(5, ...each(5, -32_768, 7)), 'I16', Int16Array.of(-32_768, 7)],
    ['int32', tensor(6, packed(5, -1, 2 ** 31 - 1)), 'I32', Int32Array.of(-1, 2 ** 31 - 1)],
    ['int64', tensor(7, packed(7, -1, 5)), 'I64', BigInt64Array.of(-1n, 5n)],
    ['bool', tensor(9, packed(5, 1, 0)), 'BOOL', Uint8Array.of(1, 0)],
    ['float16', tensor(10, packed(5, 0x3c00, 0xc000)), 'F16', Float32Array.of(1, -2)],
    ['double', tensor(11, bytes(10, new Uint8Array(Float64Array.of(0.1, 3).buffer))), 'F64', Float64Array.of(0.1, 3)],
    ['uint32', tensor(12, packed(11, 2 ** 32 - 1, 1)), 'U32', Uint32Array.of(2 ** 32 - 1, 1)],
    ['bfloat16, raw', tensor(16, bytes(9, Uint8Array.of(0x80, 0x3f, 0, 0xc0))), 'BF16', Float32Array.of(1, -2)],
  ])('%s', (_, content, dtype, values) => {
    const { raw } = decodeOnnxTensor(content);
    expect([raw.dtype, unpackRaw(raw)]).toEqual([dtype, values]);
  });
});

describe('refused by name', () => {
  const tensor = (...fields: Write[]): Uint8Array => message(text(8, 't'), ...fields);
  test.each<[string, () => unknown, string, string]>([
    ['nothing', () => decodeOnnxWeights(new Uint8Array(0)), 'NoGraph', 'no graph'],
    ['a graph cut short', () => decodeOnnxWeights(model.subarray(0, 60)), 'Malformed', 'no whole protobuf message'],
    ['a length beyond the end', () => decodeOnnxWeights(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0x7f)), 'Malformed', 'truncated'],
    ['a graph that is a number', () => decodeOnnxWeights(message(whole(7, 3))), 'Malformed', 'wire type 0'],
    ['two of a name', () => decodeOnnxWeights(message(bytes(7, message(bytes(5, weight), bytes(5, weight))))), 'DuplicateName', "'w'"],
    ['texts', () => decodeOnnxTensor(tensor(whole(2, 8))), 'UnsupportedDtype', 'STRING'],
    ['an unknown type', () => decodeOnnxTensor(tensor(whole(2, 99))), 'UnsupportedDtype', '99'],
    ['another file', () => decodeOnnxTensor(tensor(whole(2, F32), whole(14, 1))), 'ExternalData', 'another file'],
    [
      'too few values',
      () => decodeOnnxTensor(tensor(packed(1, 4), whole(2, F32), packedFloats(4, 1))),
      'WrongSize',
      '4 bytes, but F32[4] takes 16',
    ],
    [
      'an absurd shape',
      () => decodeOnnxTensor(tensor(packed(1, 2 ** 50, 2 ** 50), whole(2, F32))),
      'WrongSize',
      'takes 5070602400912917605986812821504',
    ],
    ['a negative size', () => decodeOnnxTensor(tensor(packed(1, -1), whole(2, F32))), 'WrongSize', 'dimension of -1'],
    ['a value out of range', () => decodeOnnxTensor(tensor(packed(1, 1), whole(2, 3), packed(5, 300))), 'Malformed', 'which I8'],
    [
      'a truth value of 2',
      () => decodeOnnxTensor(tensor(packed(1, 1), whole(2, 9), bytes(9, Uint8Array.of(2)))),
      'Malformed',
      'truth value',
    ],
  ])('%s', (_, run, code, message_) => {
    expect(run).toThrow(expect.objectContaining({ name: 'OnnxError', code, message: expect.stringContaining(message_) }));
  });

  test('graphs within graphs, a thousand deep', () => {
    let inner = message();
    for (let depth = 0; depth < 1000; depth++)
      inner = message(bytes(1, message(bytes(5, message(text(1, 'g'), whole(20, 5), bytes(6, inner))))));
    expect(() => decodeOnnxModel(message(bytes(7, inner)))).toThrow('graphs within graphs, more than 32 deep');
  });

  test('1,000 models with changed or missing bytes: an error of ours or a model, and no absurd memory', () => {
    const counts = { refused: 0, read: 0 };
    const broken = fc.oneof(
      fc.nat({ max: model.length - 1 }).map((length) => model.slice(0, length)),
      fc.array(fc.tuple(fc.nat({ max: model.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }).map((changes) => {
        const changed = model.slice();
        for (const [at, value] of changes) changed[at] = value;
        return changed;
      }),
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(broken, (content) => {
        const before = process.memoryUsage().arrayBuffers;
        try {
          decodeOnnxWeights(content);
          counts.read++;
        } catch (error) {
          expect(error).toBeInstanceOf(OnnxError);
          counts.refused++;
        }
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
      }),
      { numRuns: 1000 },
    );
    expect(counts.refused).toBeGreaterThan(500);
  });
});

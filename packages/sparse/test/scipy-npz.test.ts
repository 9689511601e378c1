import { spawnSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, encodeSafetensors, random } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import {
  decodeScipyNpz,
  encodeScipyNpz,
  fromDense,
  restoreTopology,
  sparseLinear,
  topologyTensors,
  type SparseMatrix,
} from '../src/index.ts';
import { decodeNpy, encodeNpy } from '../src/files/npy.ts';
import { useBackend } from './backends.ts';
import { golden } from './golden/golden.ts';

beforeAll(() => useBackend('cpu'));

const asDense = ({ pattern, values }: SparseMatrix): number[][] =>
  tf.tidy(() => csrToDense(tf.tensor1d(values), pattern).arraySync() as number[][]);
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

test('scipy’s files, compressed and stored, csr, csc and coo, are the matrix they were', () => {
  const { dense, unsorted, ...files } = golden.npz;
  for (const [name, file] of Object.entries(files)) expect(asDense(decodeScipyNpz(bytes(file))), name).toEqual(dense);
  // float64, 64-bit indices in no order, one repeated.
  expect(asDense(decodeScipyNpz(bytes(unsorted)))).toEqual([
    [1, 0, 0, 2],
    [0, 0, 0, 0],
    [0, 9, 0, 0],
  ]);
});

test('what is written is read back bit by bit, whatever the matrix', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.nat(5), fc.array(fc.float({ noNaN: true }), { minLength: 25, maxLength: 25 }), (rows, columns, numbers) => {
      const matrix = fromDense([rows, columns], Float32Array.from(numbers.slice(0, rows * columns)));
      const again = decodeScipyNpz(encodeScipyNpz(matrix));
      expect([again.pattern.rows, again.pattern.columns, again.pattern.pointers, again.pattern.indices, again.values]).toEqual([
        rows,
        columns,
        matrix.pattern.pointers,
        matrix.pattern.indices,
        matrix.values,
      ]);
    }),
  );
});

const scipy = spawnSync('/usr/bin/python3', ['-c', 'import scipy.sparse'], { encoding: 'utf8' });
test.skipIf(scipy.status !== 0)('scipy reads what is written (needs python3 with scipy)', () => {
  const matrix = fromDense([3, 4], Float32Array.of(0, 1.5, 0, -2, 0, 0, 0, 0, 3, 0, 0.25, 0));
  const program =
    'import sys, io, json, scipy.sparse as s; m = s.load_npz(io.BytesIO(sys.stdin.buffer.read())); m.check_format(); print(json.dumps([m.format, str(m.dtype), m.toarray().tolist()]))';
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], { input: encodeScipyNpz(matrix), encoding: 'utf8' });
  expect(JSON.parse(stdout || `"${stderr}"`)).toEqual(['csr', 'float32', golden.npz.dense]);
});

test('safetensors hold a layer whole: values and where they are', async () => {
  const make = (seed: number): ReturnType<typeof sparseLinear> => sparseLinear(9, 7, { density: 0.3, key: random.key(seed) });
  const [first, second] = [make(1), make(2)];
  const places = topologyTensors(first);
  const file = await encodeSafetensors({ ...first.variables, ...places });
  const { tensors } = decodeSafetensors(file);
  restoreTopology(second, tensors);
  second.variables.values.assign(tensors['values']!);
  expect(asDense({ pattern: second.pattern, values: second.variables.values.dataSync() as Float32Array })).toEqual(
    asDense({ pattern: first.pattern, values: first.variables.values.dataSync() as Float32Array }),
  );
  tf.dispose([Object.values(places), Object.values(tensors)]);
  first.dispose();
  second.dispose();
});

test('a small file of arrays that unzip to gigabytes, or to more than the matrix has, is refused before any is unzipped', () => {
  const zeros = (count: number): Uint8Array => encodeNpy({ type: '<i8', shape: [count], bytes: new Uint8Array(8 * count) });
  const file = (change: Record<string, Uint8Array>): Uint8Array =>
    zipSync({
      'format.npy': encodeNpy({ type: '|S3', shape: [], bytes: Uint8Array.from(Buffer.from('csr')) }),
      'shape.npy': encodeNpy({ type: '<i8', shape: [2], bytes: new Uint8Array(BigInt64Array.of(2n, 2n).buffer) }),
      'indptr.npy': zeros(3),
      'indices.npy': zeros(0),
      'data.npy': zeros(0),
      ...change,
    });
  /** Says of a member that it has so many bytes, in the directory at the file's end. */
  const claiming = (from: Uint8Array, member: string, size: number): Uint8Array => {
    const bytes = Buffer.from(from);
    const name = bytes.lastIndexOf(member);
    bytes.writeUInt32LE(size, name - 46 + 24);
    return bytes;
  };
  expect(asDense(decodeScipyNpz(file({})))).toEqual([
    [0, 0],
    [0, 0],
  ]);
  const large = zeros(2 ** 20);
  const peak = (decode: () => unknown): number => {
    const before = process.memoryUsage().arrayBuffers;
    expect(decode).toThrow(/once unzipped, but at most \d+ in this file; it isn't read\. Save .* compressed: false/);
    return process.memoryUsage().arrayBuffers - before;
  };
  for (const member of ['format.npy', 'shape.npy', 'indptr.npy', 'indices.npy', 'data.npy']) {
    const bomb = file({ [member]: large });
    expect(bomb.length).toBeLessThan(large.length / 500);
    expect(
      peak(() => decodeScipyNpz(bomb)),
      member,
    ).toBeLessThan(large.length / 4);
  }
  // A matrix of 2^30 rows: only its size is against it.
  const rows = encodeNpy({ type: '<i8', shape: [2], bytes: new Uint8Array(BigInt64Array.of(2n ** 30n, 2n).buffer) });
  const gigabytes = claiming(file({ 'shape.npy': rows, 'indptr.npy': large }), 'indptr.npy', 2 ** 32 - 2);
  expect(peak(() => decodeScipyNpz(gigabytes))).toBeLessThan(large.length);
  // One that says less than it has gets no more room than it says.
  expect(() => decodeScipyNpz(claiming(file({ 'data.npy': large }), 'data.npy', 200))).toThrow(/data\.npy/);
});

test('what is no such file is refused, saying why', () => {
  const matrix = fromDense([2, 2], Float32Array.of(1, 2, 0, 3));
  const file = encodeScipyNpz(matrix);
  expect(() => decodeScipyNpz(Uint8Array.of(1, 2, 3))).toThrow(/can't be unzipped/);
  expect(() => decodeScipyNpz(file.slice(0, file.length / 2))).toThrow(/can't be unzipped/);
  expect(() => decodeScipyNpz(zipSync({ 'a.npy': Uint8Array.of(1) }))).toThrow(/has no format\.npy, but a\.npy/);
  const array = (type: string, values: Float32Array | Float64Array | Int32Array | BigInt64Array): Uint8Array =>
    encodeNpy({ type, shape: [values.length], bytes: new Uint8Array(values.buffer) });
  const members = (change: Record<string, Uint8Array>): Uint8Array =>
    zipSync({
      'format.npy': encodeNpy({ type: '|S3', shape: [], bytes: Uint8Array.from(Buffer.from('csr')) }),
      'shape.npy': array('<i8', BigInt64Array.of(2n, 2n)),
      'indptr.npy': array('<i4', Int32Array.of(0, 2, 3)),
      'indices.npy': array('<i4', Int32Array.of(0, 1, 1)),
      'data.npy': array('<f4', Float32Array.of(1, 2, 3)),
      ...change,
    });
  expect(asDense(decodeScipyNpz(members({})))).toEqual([
    [1, 2],
    [0, 3],
  ]);
  expect(() =>
    decodeScipyNpz(members({ 'format.npy': encodeNpy({ type: '|S3', shape: [], bytes: Uint8Array.from(Buffer.from('bsr')) }) })),
  ).toThrow(/format "bsr".*tocsr/);
  expect(() => decodeScipyNpz(members({ 'indptr.npy': array('<i4', Int32Array.of(0, 4, 3)) }))).toThrow(/falls from 4 to 3 at 2/);
  expect(() => decodeScipyNpz(members({ 'indptr.npy': array('<i4', Int32Array.of(0, 3)) }))).toThrow(
    /must have 3, from 0 to the count of data, 3/,
  );
  expect(() => decodeScipyNpz(members({ 'indices.npy': array('<i4', Int32Array.of(0, 1, 2)) }))).toThrow(/outside the matrix \[2, 2\]/);
  for (const wrong of [2n ** 32n, -(2n ** 32n)])
    expect(() => decodeScipyNpz(members({ 'indices.npy': array('<i8', BigInt64Array.of(0n, 1n, 1n + wrong)) }))).toThrow(
      /indices\.npy has -?429496729\d at 2, but must have whole numbers/,
    );
  for (const wrong of [0.5, NaN])
    expect(() => decodeScipyNpz(members({ 'indices.npy': array('<f8', Float64Array.of(0, 1, wrong)) }))).toThrow(
      /indices\.npy has (0\.5|NaN) at 2/,
    );
  expect(() => decodeScipyNpz(members({ 'data.npy': encodeNpy({ type: '<c8', shape: [1], bytes: new Uint8Array(8) }) }))).toThrow(
    /type '<c8'/,
  );
  expect(() => decodeScipyNpz(members({ 'data.npy': Uint8Array.of(1, 2) }))).toThrow(/data\.npy is no \.npy array/);
  expect(() => decodeNpy('it', encodeNpy({ type: '<f4', shape: [3], bytes: new Uint8Array(8) }))).toThrow(/8 bytes of data, .* make 12/);
  expect(() => encodeScipyNpz({ ...matrix, values: Float32Array.of(1) })).toThrow(/1 values for 3 non-zeros/);
});

import { backend_util, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { XBackend } from './backend.ts';
import type { BackendKernel } from './kernel.ts';

type Numbers = Float32Array | Int32Array | Uint8Array;

const INT32_MOST = 2147483647;

const numbersOf = (backend: XBackend, tensor: TensorInfo): number[] => Array.from(backend.typedArrayFromHeap(tensor));

function vector(backend: XBackend, values: readonly number[], dtype: DataType): TensorInfo {
  const output = backend.makeOutput([values.length], dtype);
  backend.typedArrayFromHeap(output).set(values);
  return output;
}

/** A tensor made of slices of another along its first axis: `rows` of them, -1 standing for what `rest` gives. */
function pick(
  backend: XBackend,
  from: TensorInfo,
  shape: number[],
  rows: readonly number[],
  width: number,
  rest: (place: number) => number | Uint8Array,
): TensorInfo {
  const output = backend.makeOutput(shape, from.dtype);
  const [source, target] = [from, output].map((tensor) => backend.data(tensor).stringBytes ?? backend.typedArrayFromHeap(tensor)) as [
    Numbers,
    Numbers,
  ];
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) target[i * width + j] = (row < 0 ? rest(j) : source[row * width + j]) as number;
  });
  return output;
}

/** The values start, start + delta, ... before limit, of each row one after another, and where each row ends. */
const raggedRange: BackendKernel = {
  name: 'RaggedRange',
  run: ({ inputs, backend }) => {
    const { starts, limits, deltas } = inputs as { starts: TensorInfo; limits: TensorInfo; deltas: TensorInfo };
    const given = Object.entries({ starts, limits, deltas });
    for (const [name, { shape }] of given) util.assert(shape.length <= 1, () => `${name} must be a scalar or vector`);
    const lengths = given.flatMap(([, { shape }]) => shape);
    util.assert(new Set(lengths).size <= 1, () => 'starts, limits, and deltas must have the same shape');
    const columns = given.map(([, tensor]) => ({ single: tensor.shape.length === 0, values: numbersOf(backend, tensor) }));
    const splits = [0];
    const values: number[] = [];
    for (let row = 0; row < (lengths[0] ?? 1); row++) {
      const [start, limit, delta] = columns.map((column) => column.values[column.single ? 0 : row]) as [number, number, number];
      if (delta === 0) throw new Error('Requires delta != 0');
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      if (count > INT32_MOST) throw new Error(`Requires ((limit - start) / delta) <= ${INT32_MOST}`);
      for (let i = 0; i < count; i++) values.push(start + i * delta);
      splits.push(values.length);
    }
    return [vector(backend, splits, 'int32'), vector(backend, values, starts.dtype)];
  },
};

/** Refuses the splits of a ragged tensor that go back, or beyond what they split. */
function checkSplits(nested: readonly number[][], count: number): void {
  nested.forEach((splits, level) => {
    const most = nested[level + 1]?.length ?? count;
    if (splits.length === 0) throw new Error('Ragged splits may not be empty');
    if ((splits[0] as number) < 0) throw new Error('Ragged splits must be non-negative');
    if ((splits.at(-1) as number) > most) throw new Error('Ragged splits must not point past values');
    if (splits.some((split, i) => i > 0 && split < (splits[i - 1] as number)))
      throw new Error('Ragged splits must be sorted in ascending order');
  });
}

/** Rows of a ragged tensor, chosen by indices: the splits of the result from the outermost in, and its values. */
const raggedGather: BackendKernel = {
  name: 'RaggedGather',
  run: ({ inputs, backend }) => {
    const {
      paramsNestedSplits,
      paramsDenseValues: values,
      indices,
    } = inputs as unknown as {
      paramsNestedSplits: TensorInfo[];
      paramsDenseValues: TensorInfo;
      indices: TensorInfo;
    };
    if (paramsNestedSplits.length === 0) throw new Error('paramsNestedSplits must be non empty');
    if (paramsNestedSplits[0]?.shape.length === 0) throw new Error('Split tensors must not be scalars');
    const nested = paramsNestedSplits.map((tensor) => numbersOf(backend, tensor));
    const rows = (nested[0] as number[]).length - 1;
    const chosen = numbersOf(backend, indices);
    chosen.forEach((index, i) => {
      if (index >= 0 && index < rows) return;
      const at = util.indexToLoc(i, indices.shape.length, util.computeStrides(indices.shape)).join(',');
      throw new Error(`indices[${at}] = ${index} is not in [0, ${rows})`);
    });
    if (values.shape.length === 0) throw new Error('params.rank must be nonzero');
    checkSplits(nested, values.shape[0] as number);
    const outputs: number[][] = [];
    // The dense axes of the indices but the last are split evenly.
    for (let axis = 1; axis < indices.shape.length; axis++) {
      const width = indices.shape[axis] as number;
      outputs.push(Array.from({ length: util.sizeFromShape(indices.shape.slice(0, axis)) + 1 }, (_, i) => i * width));
    }
    // Level by level, the rows that are chosen and so the values in them.
    let members = chosen;
    nested.forEach((splits, level) => {
      const ends = [0];
      const next: number[] = [];
      for (const row of members) {
        for (let i = splits[row] as number; i < (splits[row + 1] as number); i++) next.push(i);
        ends.push(next.length);
      }
      // A single index chooses a row that is no row of anything.
      if (indices.shape.length > 0 || level > 0) outputs.push(ends);
      members = next;
    });
    const [, ...slice] = values.shape;
    const picked = pick(backend, values, [members.length, ...slice], members, util.sizeFromShape(slice), () => 0);
    return [...outputs.map((splits) => vector(backend, splits, 'int32')), picked];
  },
};

/** One level of a ragged tensor: of each value, the row it is in and its place there. */
interface Level {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly widest: number;
}

function levelOf(type: string, partition: readonly number[]): Level {
  const rows: number[] = [];
  if (type === 'VALUE_ROWIDS') rows.push(...partition);
  else if (type === 'ROW_SPLITS') {
    for (let row = 0; row + 1 < partition.length; row++)
      for (let i = partition[row] as number; i < (partition[row + 1] as number); i++) rows.push(row);
  } else throw new Error(`Cannot handle partition type ${type}`);
  let start = 0;
  let widest = 0;
  const columns = rows.map((row, i) => {
    if (row !== rows[start]) start = i;
    widest = Math.max(widest, i - start + 1);
    return i - start;
  });
  return { rows, columns, widest };
}

/** The lengths that `shape` asks for, -1 where it leaves them open; nothing if it leaves the rank open. */
function wanted(backend: XBackend, shape: TensorInfo): number[] | undefined {
  const sizes = numbersOf(backend, shape);
  const wrong = sizes.find((size) => size < -1);
  if (wrong !== undefined) throw new Error(`Dimension ${wrong} must be >= -1`);
  if (shape.shape.length > 0) return sizes;
  if (sizes[0] !== -1) throw new Error('The only valid scalar shape tensor is the fully unknown shape specified as -1.');
  return undefined;
}

/** A ragged tensor as a dense one: rows are cut or filled up with a default to the lengths of the shape, or of the longest. */
const raggedTensorToTensor: BackendKernel = {
  name: 'RaggedTensorToTensor',
  run: ({ inputs, attrs, backend }) => {
    const { shape, values, defaultValue, rowPartitionTensors } = inputs as unknown as {
      shape: TensorInfo;
      values: TensorInfo;
      defaultValue: TensorInfo;
      rowPartitionTensors: TensorInfo[];
    };
    const { rowPartitionTypes: types } = attrs as { rowPartitionTypes: string[] };
    if (types.length === 0) throw new Error('No row_partition_types given.');
    const partitions = rowPartitionTensors.map((tensor) => numbersOf(backend, tensor));
    const [first = []] = partitions;
    if (first.length === 0) throw new Error('Invalid first partition input. Tensor requires at least one element.');
    const sized = types[0] === 'FIRST_DIM_SIZE';
    if (types[0] === 'VALUE_ROWIDS') throw new Error('Cannot handle VALUE_ROWIDS in first dimension.');
    const firstRows = sized ? (first[0] as number) : first.length - 1;
    const levels = types.flatMap((type, i) => (sized && i === 0 ? [] : [levelOf(type, partitions[i] as number[])]));
    backend_util.validateDefaultValueShape(defaultValue.shape, values.shape);
    const sizes = backend_util.combineRaggedTensorToTensorShapes(levels.length, wanted(backend, shape) as number[], values.shape);
    if ((sizes[0] as number) < 0) sizes[0] = firstRows;
    levels.forEach(({ widest }, i) => {
      if ((sizes[i + 1] as number) < 0) sizes[i + 1] = widest;
    });
    const open = sizes.find((size) => size < 0);
    if (open !== undefined) throw new Error(`Dimension ${open} must be >= 0`);
    // Where each row, then each row of a row, goes; -1 where there is no room.
    let places = Array.from({ length: firstRows }, (_, row) => (row < (sizes[0] as number) ? row : -1));
    levels.forEach(({ rows, columns }, i) => {
      const width = sizes[i + 1] as number;
      places = rows.map((row, j) => {
        if (row < 0 || row >= places.length)
          throw new Error(`Row ${row} of partition ${i} is not one of the ${places.length} rows there are.`);
        const [parent, column] = [places[row] as number, columns[j] as number];
        return parent < 0 || column >= width ? -1 : parent * width + column;
      });
    });
    const elementShape = sizes.slice(levels.length + 1);
    const origins = new Array<number>(util.sizeFromShape(sizes.slice(0, levels.length + 1))).fill(-1);
    places.forEach((place, from) => {
      if (place >= 0) origins[place] = from;
    });
    const rest = broadcastDefault(backend, defaultValue, elementShape);
    return pick(backend, values, sizes, origins, util.sizeFromShape(elementShape), rest);
  },
};

/** The default of each place of an element, to which its value is broadcast. */
function broadcastDefault(backend: XBackend, value: TensorInfo, shape: readonly number[]): (place: number) => number | Uint8Array {
  const values = backend.data(value).stringBytes ?? backend.typedArrayFromHeap(value).slice();
  return (place) => {
    let [at, step, left] = [0, 1, place];
    for (let axis = 1; axis <= shape.length; axis++) {
      const size = shape.at(-axis) as number;
      const own = value.shape.at(-axis) ?? 1;
      if (axis <= value.shape.length && own > 1) at += (left % size) * step;
      left = Math.floor(left / size);
      step *= own;
    }
    return values[at] as number | Uint8Array;
  };
}

export const raggedKernels: readonly BackendKernel[] = [raggedRange, raggedGather, raggedTensorToTensor];

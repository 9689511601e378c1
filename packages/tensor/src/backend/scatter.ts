import { backend_util, getKernel, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { scatterRows } from '../kernels/copy.ts';
import { fill } from '../kernels/fill.ts';
import { segmentSum } from '../kernels/segment-sum.ts';
import type { XBackend } from './backend.ts';
import { elementWidth } from './element-width.ts';
import type { BackendKernel } from './kernel.ts';

interface Places {
  /** Address of the numbers of the output's slices that the updates go to, int32. */
  readonly ids: number;
  readonly rows: number;
  /** Values of a slice, and slices of the output. */
  readonly sliceSize: number;
  readonly count: number;
}

/** Where updates of a given shape go in an output of a given shape. Throws for an index outside of it. */
function placesOf(backend: XBackend, updates: TensorInfo, indices: TensorInfo, shape: number[]): Places {
  const { sliceRank, numUpdates: rows, sliceSize, outputSize } = backend_util.calculateShapes(updates, indices, shape);
  const { heap, kernels } = backend;
  const given = backend.address(indices);
  // A single index is the slice's number.
  const direct = sliceRank === 1 && indices.dtype === 'int32';
  const ids = direct ? given : kernels.workspace(rows * 4);
  const { words } = heap;
  const values = indices.dtype === 'int32' ? words : heap.floats;
  if (!direct) words.fill(0, ids >>> 2, (ids >>> 2) + rows);
  for (let axis = 0; axis < sliceRank; axis++) {
    const size = shape[axis] as number;
    let from = (given >>> 2) + axis;
    for (let to = ids >>> 2; to < (ids >>> 2) + rows; to++) {
      // A fraction is dropped; what is no number is as wrong as what is too large.
      const index = values[from] as number;
      if (!(index > -1 && index < size)) {
        const first = from - axis;
        throw new Error(`Invalid indices: ${Array.from(values.subarray(first, first + sliceRank))} does not index into ${shape}`);
      }
      if (!direct) words[to] = (words[to] as number) * size + Math.trunc(index);
      from += sliceRank;
    }
  }
  return { ids, rows, sliceSize, count: sliceSize === 0 ? 0 : outputSize / sliceSize };
}

/** output[ids[i]] += updates[i]; float32 or int32. */
function add(backend: XBackend, output: TensorInfo, updates: TensorInfo, { ids, rows, sliceSize, count }: Places): void {
  segmentSum(backend.kernels, {
    type: output.dtype === 'int32' ? 'i32' : 'f32',
    x: backend.address(updates),
    ids,
    to: backend.address(output),
    rows,
    width: sliceSize,
    segments: count,
  });
}

/** output[ids[i]] = updates[i], or the one update there is. */
function assign(backend: XBackend, output: TensorInfo, updates: TensorInfo, { ids, rows, sliceSize }: Places): void {
  const single = updates.shape.length === 0;
  if (output.dtype !== 'string' && !single) {
    const width = elementWidth(output);
    scatterRows(backend.kernels, { x: backend.address(updates), to: backend.address(output), indices: ids, row: sliceSize * width, rows });
    return;
  }
  const slices = backend.heap.words.subarray(ids >>> 2, (ids >>> 2) + rows);
  if (output.dtype === 'string') {
    const [to, from] = [backend.data(output).stringBytes ?? [], backend.data(updates).stringBytes ?? []];
    slices.forEach((slice, i) => {
      for (let j = 0; j < sliceSize; j++) to[slice * sliceSize + j] = from[single ? 0 : i * sliceSize + j] as Uint8Array;
    });
    return;
  }
  const [to, from] = [backend.typedArrayFromHeap(output), backend.typedArrayFromHeap(updates)];
  slices.forEach((slice) => to.fill(from[0] as number, slice * sliceSize, (slice + 1) * sliceSize));
}

/** A new tensor of which every value is the one of `value`. */
function filledWith(backend: XBackend, shape: number[], dtype: DataType, value: TensorInfo): TensorInfo {
  const output = backend.makeOutput(shape, dtype);
  if (dtype === 'string')
    backend.data(output).stringBytes = new Array(util.sizeFromShape(shape)).fill(backend.data(value).stringBytes?.[0]) as Uint8Array[];
  else backend.typedArrayFromHeap(output).fill(backend.typedArrayFromHeap(value)[0] as number);
  return output;
}

function cast(backend: XBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  const kernel = getKernel('Cast', 'x');
  if (!kernel) throw new Error("internal: backend 'x' has no kernel Cast");
  return kernel.kernelFunc({ inputs: { x }, attrs: { dtype }, backend }) as TensorInfo;
}

/** Updates added up in a tensor of zeros. */
const scatterNd: BackendKernel = {
  name: 'ScatterNd',
  run: (call, beneath) => {
    const { indices, updates } = call.inputs as { indices: TensorInfo; updates: TensorInfo };
    const { backend } = call;
    const { shape } = call.attrs as { shape: number[] };
    if (elementWidth(updates) !== 4) return beneath(call);
    const places = placesOf(backend, updates, indices, shape);
    const output = backend.makeOutput(shape, updates.dtype);
    fill(backend.kernels, backend.address(output), backend.data(output).bytes, 0);
    add(backend, output, updates, places);
    return output;
  },
};

/** A copy of a tensor with updates in some of its places; of several in the same place the last counts. */
const tensorScatterUpdate: BackendKernel = {
  name: 'TensorScatterUpdate',
  run: ({ inputs, backend }) => {
    const { tensor, indices, updates } = inputs as { tensor: TensorInfo; indices: TensorInfo; updates: TensorInfo };
    const places = placesOf(backend, updates, indices, tensor.shape);
    const output = backend.makeOutput(tensor.shape, tensor.dtype);
    const [from, to] = [backend.data(tensor), backend.data(output)];
    if (tensor.dtype === 'string') to.stringBytes = [...(from.stringBytes ?? [])];
    else backend.heap.bytes.copyWithin(to.memoryOffset, from.memoryOffset, from.memoryOffset + from.bytes);
    assign(backend, output, updates, places);
    return output;
  },
};

/** Values in some places of a tensor, and a default in all others. */
const sparseToDense: BackendKernel = {
  name: 'SparseToDense',
  run: ({ inputs, attrs, backend }) => {
    const { sparseIndices, sparseValues, defaultValue } = inputs as {
      sparseIndices: TensorInfo;
      sparseValues: TensorInfo;
      defaultValue: TensorInfo;
    };
    const { outputShape } = attrs as { outputShape: number[] };
    const places = placesOf(backend, sparseValues, sparseIndices, outputShape);
    const output = filledWith(backend, outputShape, sparseValues.dtype, defaultValue);
    assign(backend, output, sparseValues, places);
    return output;
  },
};

/** out[s, ...] = the sum of the x[i, ...] with segmentIds[i] = s; an id that is no segment's is passed over. */
const unsortedSegmentSum: BackendKernel = {
  name: 'UnsortedSegmentSum',
  run: (call, beneath) => {
    const { x, segmentIds } = call.inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = call.attrs as { numSegments: number };
    const { backend } = call;
    if (elementWidth(x) === 0 || segmentIds.dtype !== 'int32') return beneath(call);
    const [rows, ...rest] = x.shape as [number, ...number[]];
    util.assert(
      util.arraysEqual(segmentIds.shape, [rows]),
      () => `unsortedSegmentSum: segmentIds must have a value for each of the ${rows} rows of x, but its shape is [${segmentIds.shape}].`,
    );
    // Truths are counted, as tfjs does, in float32.
    const values = x.dtype === 'bool' ? cast(backend, x, 'float32') : backend.share(x, x.shape);
    const output = backend.makeOutput([numSegments, ...rest], values.dtype);
    const to = backend.address(output);
    fill(backend.kernels, to, backend.data(output).bytes, 0);
    segmentSum(backend.kernels, {
      type: values.dtype === 'int32' ? 'i32' : 'f32',
      x: backend.address(values),
      ids: backend.address(segmentIds),
      to,
      rows,
      width: util.sizeFromShape(rest),
      segments: numSegments,
    });
    backend.disposeData(values.dataId);
    return output;
  },
};

export const scatterKernels: readonly BackendKernel[] = [scatterNd, tensorScatterUpdate, sparseToDense, unsortedSegmentSum];

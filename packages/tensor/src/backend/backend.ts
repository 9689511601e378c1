import {
  backend_util,
  DataStorage,
  engine,
  KernelBackend,
  util,
  type BackendValues,
  type DataType,
  type DataTypeMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { WorkerLostError } from '../runtime/errors.ts';
import type { Heap } from '../runtime/heap.ts';
import type { TfjsModule } from '../runtime/tfjs-module.ts';
import type { Kernels } from '../runtime/kernels.ts';
import { TensorData, type OtherLayout } from './tensor-data.ts';

type DataId = object;

/** Finds a tensor's data: at once if it is ours, else by tfjs's storage, which fetches it from the backend that has it. */
class DataMap {
  readonly #storage: DataStorage<TensorData>;
  readonly #held = new Set<TensorData>();

  constructor(backend: XBackend) {
    this.#storage = new DataStorage<TensorData>(backend, engine());
  }
  get(dataId: DataId): TensorData {
    if (!(dataId instanceof TensorData)) return this.#storage.get(dataId);
    if (dataId.holder === this) return dataId;
    if (dataId.lost) throw new Error("This tensor was lost when backend 'x' was disabled or tfjs's engine reset: make it again.");
    return this.#storage.get(dataId);
  }
  has(dataId: DataId): boolean {
    return (dataId instanceof TensorData && dataId.holder === this) || this.#storage.has(dataId);
  }
  set(dataId: DataId, data: TensorData): void {
    if (dataId === data) {
      data.holder = this;
      this.#held.add(data);
    } else this.#storage.set(dataId, data);
  }
  delete(dataId: DataId): void {
    if (dataId instanceof TensorData && dataId.holder === this) {
      dataId.holder = undefined;
      this.#held.delete(dataId);
    } else this.#storage.delete(dataId);
  }
  numDataIds(): number {
    return this.#held.size + this.#storage.numDataIds();
  }
  /** What is held under its own identity; data that came from another backend can't be listed. */
  held(): TensorData[] {
    return [...this.#held];
  }
}

const bytesOf: Partial<Record<DataType, number>> = { float32: 4, int32: 4, bool: 1 };

/**
 * The tfjs backend: tensors are blocks of one shared heap, seen alike by tfjs's kernels, by ours and by every thread.
 * To tfjs's own WASM kernels it offers what they use of tfjs's backend (`wasm`, `dataIdMap`, `makeOutput`, ...).
 */
export class XBackend extends KernelBackend {
  readonly wasm: TfjsModule;
  readonly heap: Heap;
  readonly kernels: Kernels;
  readonly dataIdMap: DataMap;
  /** How many more tensors share each of some data than when the kernel under way began. */
  readonly #shared = new Map<DataId, number>();

  constructor(module: TfjsModule, kernels: Kernels) {
    super();
    this.wasm = module;
    this.heap = kernels.heap;
    this.kernels = kernels;
    this.dataIdMap = new DataMap(this);
  }

  // ---- what kernels use ----

  /** The data of a tensor on this backend. */
  data(tensor: TensorInfo): TensorData {
    return this.dataIdMap.get(tensor.dataId);
  }

  /** Address of a tensor's values. */
  address(tensor: TensorInfo): number {
    return this.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new tensor with undefined values, or at `offset`, a block of the module's own allocator, or with `values`. */
  makeOutput(shape: number[], dtype: DataType, offset?: number | null, values?: BackendValues): TensorInfo {
    const data = offset == null ? this.#allocate(shape, dtype) : this.#adopt(shape, dtype, offset);
    this.dataIdMap.set(data, data);
    if (values != null) this.#fill(data, values);
    return { dataId: data, shape, dtype };
  }

  /** A new float32 tensor whose values lie in another layout. */
  makeLaidOut(shape: number[], layout: OtherLayout): TensorInfo {
    const size = util.sizeFromShape(shape);
    const data = new TensorData(this.wasm, { offset: 0, shape, dtype: 'float32', size, bytes: 4 * size, layout });
    this.dataIdMap.set(data, data);
    return { dataId: data, shape, dtype: 'float32' };
  }

  /** Another tensor over the same values. */
  share(tensor: TensorInfo, shape: number[], dtype: DataType = tensor.dtype): TensorInfo {
    this.incRef(tensor.dataId);
    this.#countShared(tensor.dataId, 1);
    return { dataId: tensor.dataId, shape, dtype };
  }

  /** A view of a tensor's values in the heap, valid until the next allocation. */
  typedArrayFromHeap({ dataId }: TensorInfo): Float32Array | Int32Array | Uint8Array {
    const { memoryOffset, dtype, size } = this.dataIdMap.get(dataId);
    const { buffer } = this.heap.bytes;
    switch (dtype) {
      case 'float32':
        return new Float32Array(buffer, memoryOffset, size);
      case 'int32':
        return new Int32Array(buffer, memoryOffset, size);
      case 'bool':
        return new Uint8Array(buffer, memoryOffset, size);
      default:
        throw new Error(`A ${dtype} tensor has no values on the heap of backend 'x'.`);
    }
  }

  /** Says that values were written into the tensor's block: what tfjs's kernels derived from the old ones is dropped. */
  touch(tensor: TensorInfo): void {
    this.dataIdMap.get(tensor.dataId).forget();
  }

  /**
   * Runs a kernel. If it fails on its way, the blocks that it was given, for outputs and on the side, go back: nobody else
   * knows them. A kernel within a kernel leaves that to the outer one.
   */
  guard<T>(run: () => T): T {
    const { heap } = this;
    if (!heap.open()) return run();
    if (this.#shared.size > 0) this.#shared.clear();
    try {
      return run();
    } catch (error) {
      // Where a thread was lost, others may still write.
      if (!(error instanceof WorkerLostError)) this.#takeBack();
      throw error;
    } finally {
      heap.close();
    }
  }

  #countShared(dataId: DataId, more: 1 | -1): void {
    this.#shared.set(dataId, (this.#shared.get(dataId) ?? 0) + more);
  }

  #takeBack(): void {
    const { heap, kernels } = this;
    for (const [dataId, more] of this.#shared) if (this.dataIdMap.has(dataId)) this.dataIdMap.get(dataId).refCount -= more;
    this.#shared.clear();
    const outstanding = new Map(heap.outstanding);
    for (const data of this.dataIdMap.held()) {
      if (data.foreign || !outstanding.delete(data.blockAddress)) continue;
      this.disposeData(data, true);
    }
    for (const [pointer, size] of outstanding) if (!kernels.isWorkspace(pointer)) heap.release(pointer, size);
  }

  // ---- what tfjs's engine uses ----

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    return this.makeOutput(shape, dtype, null, values ?? undefined).dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    const data = this.#allocate(shape, dtype);
    data.refCount = refCount;
    this.dataIdMap.set(dataId, data);
    if (values != null) this.#fill(data, values);
  }

  override readSync(dataId: DataId, start?: number, end?: number): BackendValues {
    const data = this.dataIdMap.get(dataId);
    const from = start ?? 0;
    const to = end ?? data.size;
    if (data.parts) {
      const [real, imag] = [data.parts.real, data.parts.imag].map((part) => this.readSync(part.dataId, start, end) as Float32Array);
      return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);
    }
    if (data.dtype === 'string') return (data.stringBytes ?? []).slice(from, to);
    return (this.typedArrayFromHeap({ dataId, shape: data.shape, dtype: data.dtype }) as Float32Array).slice(from, to);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: DataId): void {
    this.dataIdMap.get(dataId).refCount++;
  }

  override refCount(dataId: DataId): number {
    return this.dataIdMap.has(dataId) ? this.dataIdMap.get(dataId).refCount : 0;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.dataIdMap.has(dataId)) return true;
    const data = this.dataIdMap.get(dataId);
    if (--data.refCount > 0 && !force) {
      this.#countShared(dataId, -1);
      return false;
    }
    data.forget();
    if (data.parts) {
      this.disposeData(data.parts.real.dataId);
      this.disposeData(data.parts.imag.dataId);
    } else if (data.layout) data.layout.release();
    else if (data.foreign) this.wasm._free(data.memoryOffset);
    else if (data.dtype !== 'string' && data.dtype !== 'complex64') this.heap.release(data.memoryOffset, data.bytes);
    this.dataIdMap.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.dataIdMap.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now();
    run();
    return { kernelMs: performance.now() - start };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Called when tfjs's engine is reset or the backend removed: its tensors are lost. */
  override dispose(): void {
    for (const data of this.dataIdMap.held()) {
      this.disposeData(data, true);
      data.lost = true;
    }
    this.wasm.tfjs.dispose();
  }

  #allocate(shape: number[], dtype: DataType): TensorData {
    const size = util.sizeFromShape(shape);
    if (dtype === 'string') return new TensorData(this.wasm, { offset: 0, shape, dtype, size, bytes: 0, strings: [] });
    if (dtype === 'complex64') return new TensorData(this.wasm, { offset: 0, shape, dtype, size, bytes: 0 });
    const width = bytesOf[dtype];
    if (width === undefined) throw new Error(`Backend 'x' holds float32, int32, bool, complex64 and string tensors, not ${dtype}.`);
    const bytes = size * width;
    return new TensorData(this.wasm, { offset: this.heap.allocate(bytes), shape, dtype, size, bytes });
  }

  #adopt(shape: number[], dtype: DataType, offset: number): TensorData {
    const size = util.sizeFromShape(shape);
    return new TensorData(this.wasm, { offset: offset >>> 0, shape, dtype, size, bytes: size * (bytesOf[dtype] ?? 0), foreign: true });
  }

  #fill(data: TensorData, values: BackendValues): void {
    if (data.stringBytes) {
      data.stringBytes = values as Uint8Array[];
      return;
    }
    if (data.dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
      data.parts = { real: this.makeOutput(data.shape, 'float32', null, real), imag: this.makeOutput(data.shape, 'float32', null, imag) };
      return;
    }
    const { buffer, byteOffset } = values as DataTypeMap['float32'];
    this.heap.bytes.set(new Uint8Array(buffer, byteOffset, data.bytes), data.memoryOffset);
  }
}

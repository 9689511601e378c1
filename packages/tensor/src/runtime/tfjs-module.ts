/**
 * tfjs's threaded SIMD build, run with one thread on a heap that is ours.
 *
 * That build imports its memory, so other modules can share it. The Emscripten glue that ships with it insists on
 * starting workers of its own; the build itself doesn't need them, so this file stands in for the glue.
 */
import { compileModule } from './host.ts';
import { grow, type HeapLimits } from './memory.ts';

/** How tfjs's kernels call into their module: the part of Emscripten's interface that they use. */
export interface TfjsModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  cwrap(name: string, returns: string | null, parameters: readonly string[]): (...values: never[]) => unknown;
  readonly tfjs: {
    registerTensor(id: number, size: number, offset: number): void;
    disposeData(id: number): void;
    dispose(): void;
  };
}

/** A kernel of tfjs's module can't do what it was asked to. */
export class KernelRefusal extends Error {}

type WasmFunction = (...values: unknown[]) => number;

export async function instantiateTfjs(bytes: Uint8Array<ArrayBuffer>, limits: HeapLimits): Promise<TfjsModule> {
  const { memory } = limits;
  let exports: Record<string, WasmFunction> = {};
  const call = (name: string, ...values: unknown[]): number => {
    const target = exports[name];
    if (!target) throw new Error(`internal: tfjs's WASM module has no function ${name}`);
    return target(...values);
  };
  const refuse = (name: string) => (): never => {
    throw new Error(`internal: tfjs's WASM module called ${name}`);
  };
  const nothing = (): number => 0;
  const noThreads = 6; // EAGAIN
  const env = {
    memory,
    abort: refuse('abort'),
    exit: refuse('exit'),
    emscripten_num_logical_cores: () => 1,
    emscripten_get_now: () => performance.now(),
    emscripten_memcpy_big: (to: number, from: number, bytes: number): void => {
      new Uint8Array(memory.buffer).copyWithin(to >>> 0, from >>> 0, (from >>> 0) + (bytes >>> 0));
    },
    emscripten_get_heap_max: () => Math.min(limits.maximumBytes, 0xffff_0000),
    emscripten_resize_heap: (bytes: number) => (grow(limits, bytes >>> 0) ? 1 : 0),
    emscripten_check_blocking_allowed: nothing,
    emscripten_unwind_to_js_event_loop: refuse('emscripten_unwind_to_js_event_loop'),
    emscripten_receive_on_main_thread_js: refuse('emscripten_receive_on_main_thread_js'),
    _emscripten_set_offscreencanvas_size: refuse('_emscripten_set_offscreencanvas_size'),
    _emscripten_notify_task_queue: nothing,
    _emscripten_default_pthread_stack_size: () => 65536,
    __emscripten_init_main_thread_js: (thread: number): void => {
      call('_emscripten_thread_init', thread, 1, 1, 1);
      call('_emscripten_tls_init');
    },
    __emscripten_thread_cleanup: nothing,
    __pthread_create_js: () => noThreads,
  };
  // The module prints when it can't do what a kernel asks, and returns as if it had: the caller makes an error of it.
  let complaint = '';
  const wasi = {
    fd_close: nothing,
    fd_seek: nothing,
    fd_write: (_file: number, vectors: number, count: number, written: number): number => {
      const view = new DataView(memory.buffer);
      let bytes = 0;
      for (let index = 0; index < count; index++) {
        const start = view.getUint32((vectors >>> 0) + 8 * index, true);
        const length = view.getUint32((vectors >>> 0) + 8 * index + 4, true);
        complaint += String.fromCharCode(...new Uint8Array(memory.buffer, start, length));
        bytes += length;
      }
      view.setUint32(written >>> 0, bytes, true);
      return 0;
    },
  };
  const complain = (): never => {
    const message = complaint.trim();
    complaint = '';
    throw new KernelRefusal(message);
  };
  const instance = await WebAssembly.instantiate(await compileModule(bytes, []), { env, wasi_snapshot_preview1: wasi });
  exports = instance.exports as unknown as Record<string, WasmFunction>;
  call('__wasm_call_ctors');
  call('init_with_threads_count', 1);

  const stackSave = exports['stackSave'] as () => number;
  const stackAlloc = exports['stackAlloc'] as unknown as (bytes: number) => number;
  const stackRestore = exports['stackRestore'] as unknown as (pointer: number) => void;
  let view = new Uint8Array(memory.buffer);
  const heap = (): Uint8Array => {
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
    return view;
  };

  return {
    get HEAPU8() {
      return heap();
    },
    _malloc: (bytes) => call('malloc', bytes) >>> 0,
    _free: (pointer) => {
      call('free', pointer);
    },
    // Every kernel of tfjs passes numbers, booleans, and shapes as byte arrays.
    cwrap: (name, _returns, parameters) => {
      const target = exports[name];
      if (!target) throw new Error(`internal: tfjs's WASM module has no function ${name}`);
      const run = (values: unknown[]): unknown => {
        const result: number | undefined = target(...values);
        if (complaint !== '') complain();
        // A number is the address of the result; above 2 GiB it comes out negative.
        return result === undefined ? undefined : result >>> 0;
      };
      const arrays = parameters.flatMap((type, index) => (type === 'array' ? [index] : []));
      if (arrays.length === 0) return (...values: unknown[]): unknown => run(values);
      return (...values: unknown[]): unknown => {
        const stack = stackSave();
        try {
          for (const index of arrays) {
            const array = values[index] as Uint8Array;
            const pointer = stackAlloc(array.length);
            heap().set(array, pointer);
            values[index] = pointer;
          }
          return run(values);
        } finally {
          stackRestore(stack);
        }
      };
    },
    tfjs: {
      registerTensor: exports['register_tensor'] as unknown as TfjsModule['tfjs']['registerTensor'],
      disposeData: exports['dispose_data'] as unknown as TfjsModule['tfjs']['disposeData'],
      dispose: exports['dispose'] as unknown as TfjsModule['tfjs']['dispose'],
    },
  };
}

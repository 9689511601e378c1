import { memory } from '@tensorflow/tfjs-core';

export interface LeakOptions {
  /** Tensors the function rightly leaves behind, such as the one it returns; their bytes are then not compared. */
  readonly keeps?: number;
}

/**
 * Runs `fn` and throws if tfjs holds more or fewer tensors, or other bytes, than before.
 *
 * @returns what `fn` returns; a promise if `fn` is asynchronous.
 * @example expectNoLeak(() => tf.add(1, 2).dispose());
 */
export function expectNoLeak<T>(fn: () => Promise<T>, options?: LeakOptions): Promise<T>;
export function expectNoLeak<T>(fn: () => T, options?: LeakOptions): T;
export function expectNoLeak<T>(fn: () => T | Promise<T>, { keeps = 0 }: LeakOptions = {}): T | Promise<T> {
  if (!Number.isInteger(keeps)) throw new RangeError(`keeps must be a whole number of tensors, not ${keeps}.`);
  const before = memory();
  const check = (result: T): T => {
    const after = memory();
    const tensors = after.numTensors - before.numTensors;
    const bytes = after.numBytes - before.numBytes;
    if (tensors !== keeps || (keeps === 0 && bytes !== 0)) {
      throw new Error(
        `Expected ${keeps} tensor${keeps === 1 ? '' : 's'} to remain, but ${tensors} (${bytes} bytes) did: ` +
          `numTensors ${before.numTensors} -> ${after.numTensors}, numBytes ${before.numBytes} -> ${after.numBytes}. ` +
          (tensors < keeps ? 'Something was disposed that was not created here.' : 'Dispose what was created, or wrap it in tf.tidy.'),
      );
    }
    return result;
  };
  const result = fn();
  return result instanceof Promise ? result.then(check) : check(result);
}

// Runs inside a README snippet's own process: reports the values it is asked about on file descriptor 3, one JSON a line.
import { writeSync } from 'node:fs';
import { format, inspect } from 'node:util';

function report(index: number, texts: readonly string[]): void {
  writeSync(3, `${JSON.stringify({ index, texts })}\n`);
}

/** Reports a value in every notation in which a reader would write it. */
export function observe(index: number, value: unknown): void {
  const show = (shown: unknown): string => inspect(shown, { depth: 10, breakLength: Infinity, maxArrayLength: 1000 });
  const texts = [show(value)];
  if (typeof value === 'string') texts.push(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) texts.push(show(Array.from(value as unknown as ArrayLike<unknown>)));
  if (typeof value === 'object' && value !== null && 'arraySync' in value && typeof value.arraySync === 'function')
    texts.push(show(value.arraySync()));
  report(index, texts);
}

/** Prints as `console.log` does, and reports what was printed. */
export function print(index: number, ...args: readonly unknown[]): void {
  console.log(...args);
  report(index, [format(...args)]);
}

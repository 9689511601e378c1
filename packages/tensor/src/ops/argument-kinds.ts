import { describe } from './arguments.ts';

/** @throws {TypeError} if the argument is no object, or lacks one of the fields. */
export function checkObject(where: string, name: string, value: unknown, fields: readonly string[] = [], remedy?: string): void {
  if (typeof value === 'object' && value !== null && fields.every((field) => (value as Readonly<Record<string, unknown>>)[field] != null))
    return;
  const wanted = fields.length > 0 ? `an object with ${fields.join(', ')}` : 'an object';
  throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be ${wanted}.${remedy === undefined ? '' : ` ${remedy}`}`);
}

/** @throws {TypeError} if the argument is neither an array nor a typed one. */
export function checkArray(where: string, name: string, value: unknown): void {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView))
    throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be an array.`);
}

/** @throws {TypeError} if the argument is no string. */
export function checkText(where: string, name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a string.`);
}

/**
 * Options, once they are an object of which none is null: what is left out is undefined.
 *
 * @throws {TypeError} otherwise.
 */
export function checkOptions<T>(where: string, options: T, name = 'options'): T {
  checkObject(where, name, options);
  for (const field in options) if (options[field] === null) throw new TypeError(`${where}: ${field} is null; leave it out.`);
  return options;
}

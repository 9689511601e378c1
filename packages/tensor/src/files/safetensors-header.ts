import { describe } from '../ops/arguments.ts';

/** The dtypes of safetensors that tensors here can have, with their bytes a value. */
export const widths = { F32: 4, I32: 4, BOOL: 1 } as const;
export type SafetensorsDtype = keyof typeof widths;

/** Where a tensor's bytes are: from `begin` to before `end`, counted from the end of the header. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A longer header is refused before it is read, as the format says. */
export const MOST_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;
const METADATA = '__metadata__';

/** A file is not a safetensors file, or not one that can be read here; the message says where and why. */
export class SafetensorsError extends Error {
  override readonly name: string = 'SafetensorsError';
}

/** The bytes before the tensors': the header's length, and the header padded by spaces to a multiple of 8. */
export function encodeHeader({ entries, metadata }: SafetensorsHeader): Uint8Array<ArrayBuffer> {
  // Without a prototype, so that a tensor may have any name.
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  for (const [name, { dtype, shape, begin, end }] of entries) header[name] = { dtype, shape, data_offsets: [begin, end] };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/** Length of the header, from a file's first 8 bytes. */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES || start.length < LENGTH_BYTES)
    throw new SafetensorsError(
      `The file has ${fileBytes} bytes, fewer than the 8 of the header's length: it is truncated or no safetensors file.`,
    );
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MOST_HEADER_BYTES))
    throw new SafetensorsError(
      `The header would be ${length} bytes long, more than the ${MOST_HEADER_BYTES} allowed: this is no safetensors file.`,
    );
  if (LENGTH_BYTES + Number(length) > fileBytes)
    throw new SafetensorsError(
      `The header would be ${length} bytes long, but the file has ${fileBytes} in all: it is truncated or no safetensors file.`,
    );
  return Number(length);
}

/** Reads a header strictly: every byte after it must belong to exactly one tensor. */
export function decodeHeader(json: Uint8Array, dataBytes: number): SafetensorsHeader {
  const header = parse(json);
  const metadata = readMetadata(header[METADATA]);
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) if (name !== METADATA) entries.set(name, readEntry(name, value));
  checkLayout(entries, dataBytes);
  return { entries, metadata };
}

function parse(json: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw new SafetensorsError(`The header is no JSON in UTF-8: ${(error as Error).message}`, { cause: error });
  }
  if (json[0] !== 0x7b || typeof header !== 'object' || header === null) throw new SafetensorsError('The header is no JSON object.');
  return header as Record<string, unknown>;
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || !Object.values(value).every((text) => typeof text === 'string'))
    throw new SafetensorsError(`The header's ${METADATA} is ${describe(value)}, but must be an object of strings.`);
  return { ...value } as Record<string, string>;
}

function readEntry(name: string, value: unknown): SafetensorsEntry {
  const refuse = (problem: string): never => {
    throw new SafetensorsError(`Tensor '${name}': ${problem}`);
  };
  if (typeof value !== 'object' || value === null) return refuse(`its entry is ${describe(value)}, but must be an object.`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(widths, dtype))
    return refuse(
      `its dtype is ${describe(dtype)}, but only ${Object.keys(widths).join(', ')} can be read here; convert it where it was written.`,
    );
  if (!Array.isArray(shape) || !shape.every(isSize))
    return refuse(`its shape is ${describe(shape)}, but must be an array of whole numbers, none negative.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    return refuse(`its data_offsets are ${describe(offsets)}, but must be two whole numbers, none negative.`);
  const [begin, end] = offsets as [number, number];
  // As BigInt, because a hostile shape can multiply to anything.
  const bytes = (shape as number[]).reduce((product, size) => product * BigInt(size), BigInt(widths[dtype as SafetensorsDtype]));
  if (BigInt(end) - BigInt(begin) !== bytes)
    return refuse(`its data_offsets [${begin}, ${end}] hold ${end - begin} bytes, but ${dtype}[${shape.join(', ')}] takes ${bytes}.`);
  return { dtype: dtype as SafetensorsDtype, shape: shape as number[], begin, end };
}

function checkLayout(entries: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  const order = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of order) {
    if (end > dataBytes)
      throw new SafetensorsError(`Tensor '${name}' ends at byte ${end} of the data, but there are ${dataBytes}: the file is truncated.`);
    if (begin < at)
      throw new SafetensorsError(`Tensor '${name}' begins at byte ${begin} of the data, inside the tensor before it, which ends at ${at}.`);
    if (begin > at)
      throw new SafetensorsError(
        `Tensor '${name}' begins at byte ${begin} of the data, but the tensor before it ends at ${at}: bytes between belong to none.`,
      );
    at = end;
  }
  if (at !== dataBytes)
    throw new SafetensorsError(`The tensors end at byte ${at} of the data, but there are ${dataBytes}: bytes at the end belong to none.`);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

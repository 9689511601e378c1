import { describe } from '../ops/arguments.ts';
import { byteLength, dtypeNames, isDtype, type SafetensorsDtype } from './safetensors-dtype.ts';
import { SafetensorsError, type SafetensorsErrorCode } from './safetensors-error.ts';
import { DuplicateNameError, parseStrictJson } from './strict-json.ts';

/** Where a tensor's bytes are: from `begin` to before `end`, counted from the end of the header. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A longer header is refused before it is read, as the format says. */
export const MOST_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;
export const METADATA = '__metadata__';

/**
 * The bytes before the tensors': the header's length, and the header padded by spaces to a multiple of 8.
 *
 * @throws {RangeError} if the header would be longer than the format allows.
 */
export function encodeHeader(where: string, { entries, metadata }: SafetensorsHeader): Uint8Array<ArrayBuffer> {
  // Written by hand, because an object would put names such as '10' first.
  const fields = [
    ...(Object.keys(metadata).length > 0 ? [[METADATA, metadata] as const] : []),
    ...[...entries].map(([name, { dtype, shape, begin, end }]) => [name, { dtype, shape, data_offsets: [begin, end] }] as const),
  ];
  const json = new TextEncoder().encode(`{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MOST_HEADER_BYTES)
    throw new RangeError(
      `${where}: names and metadata make a header of ${length} bytes, but a file may have ${MOST_HEADER_BYTES}; keep large texts elsewhere.`,
    );
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/** Length of the header, from a file's first 8 bytes. */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES || start.length < LENGTH_BYTES)
    throw new SafetensorsError(
      'HeaderTooSmall',
      `The file has ${fileBytes} bytes, fewer than the 8 of the header's length: it is truncated or no safetensors file.`,
    );
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MOST_HEADER_BYTES))
    throw new SafetensorsError(
      'HeaderTooLarge',
      `The header would be ${length} bytes long, more than the ${MOST_HEADER_BYTES} allowed: this is no safetensors file.`,
    );
  if (LENGTH_BYTES + Number(length) > fileBytes)
    throw new SafetensorsError(
      'InvalidHeaderLength',
      `The header would be ${length} bytes long, but the file has ${fileBytes} in all: it is truncated or no safetensors file.`,
    );
  return Number(length);
}

/** Reads a header strictly: every byte after it must belong to exactly one tensor. */
export function decodeHeader(json: Uint8Array, dataBytes: number): SafetensorsHeader {
  const { [METADATA]: texts, ...tensors } = parse(json);
  const metadata = readMetadata(texts);
  const named = Object.entries(tensors).map(([name, value]) => [name, readEntry(name, value)] as const);
  const entries = new Map(named.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end));
  checkLayout(entries, dataBytes);
  return { entries, metadata };
}

function parse(json: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    // Copied, because a decoder takes no shared memory.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json.slice());
  } catch (error) {
    throw new SafetensorsError('InvalidHeader', `The header is no JSON in UTF-8: ${(error as Error).message}`, { cause: error });
  }
  let header: unknown;
  try {
    header = parseStrictJson(text);
  } catch (error) {
    const code = error instanceof DuplicateNameError ? 'DuplicateName' : 'InvalidHeaderDeserialization';
    throw new SafetensorsError(code, `The header is no JSON in UTF-8 that can be read: ${(error as Error).message}`, { cause: error });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new SafetensorsError('InvalidHeaderDeserialization', 'The header is no JSON object.');
  return header as Record<string, unknown>;
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || !Object.values(value).every((text) => typeof text === 'string'))
    throw new SafetensorsError(
      'InvalidHeaderDeserialization',
      `The header's ${METADATA} is ${describe(value)}, but must be an object of strings.`,
    );
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown): SafetensorsEntry {
  const refuse = (code: SafetensorsErrorCode, problem: string): never => {
    throw new SafetensorsError(code, `Tensor '${name}': ${problem}`);
  };
  const malformed = 'InvalidHeaderDeserialization';
  if (typeof value !== 'object' || value === null) return refuse(malformed, `its entry is ${describe(value)}, but must be an object.`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (!isDtype(dtype)) return refuse(malformed, `its dtype is ${describe(dtype)}, but the format has only ${dtypeNames.join(', ')}.`);
  if (!Array.isArray(shape) || !shape.every(isWhole))
    return refuse(malformed, `its shape is ${describe(shape)}, but must be an array of whole numbers, none negative.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isWhole))
    return refuse(malformed, `its data_offsets are ${describe(offsets)}, but must be two whole numbers, none negative.`);
  const [begin, end] = offsets as [number, number];
  // Beyond 2^53 JSON's numbers lose their last digits; no file is that large.
  if (![...shape, begin, end].every(Number.isSafeInteger))
    return refuse('ValidationOverflow', `its shape ${describe(shape)} or data_offsets [${begin}, ${end}] are beyond counting.`);
  const bytes = byteLength(dtype, shape);
  if (bytes === undefined) return refuse('MisalignedSlice', `${dtype}[${shape.join(', ')}] ends inside a byte.`);
  if (BigInt(end) - BigInt(begin) !== bytes)
    return refuse(
      bytes >= 2n ** 64n ? 'ValidationOverflow' : 'TensorInvalidInfo',
      `its data_offsets [${begin}, ${end}] hold ${end - begin} bytes, but ${dtype}[${shape.join(', ')}] takes ${bytes}.`,
    );
  return { dtype, shape, begin, end };
}

function checkLayout(entries: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  let at = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin < at)
      throw new SafetensorsError(
        'InvalidOffset',
        `Tensor '${name}' begins at byte ${begin} of the data, inside the tensor before it, which ends at ${at}.`,
      );
    if (begin > at)
      throw new SafetensorsError(
        'InvalidOffset',
        `Tensor '${name}' begins at byte ${begin} of the data, but the tensor before it ends at ${at}: bytes between belong to none.`,
      );
    if (end > dataBytes)
      throw new SafetensorsError(
        'MetadataIncompleteBuffer',
        `Tensor '${name}' ends at byte ${end} of the data, but there are ${dataBytes}: the file is truncated.`,
      );
    at = end;
  }
  if (at !== dataBytes)
    throw new SafetensorsError(
      'MetadataIncompleteBuffer',
      `The tensors end at byte ${at} of the data, but there are ${dataBytes}: bytes at the end belong to none.`,
    );
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

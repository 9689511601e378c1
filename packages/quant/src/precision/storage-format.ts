import type { FloatFormat } from '../formats/float-format.ts';
import type { BlockElement } from '../formats/microscaling.ts';
import { checkNumber, show } from '../validation.ts';

/** Blocks that share a power of two, along the last axis; the last block of a row may be shorter. */
export interface MicroscalingFormat {
  /** What each number is stored as: a float of few bits, such as `formats.e2m1` of MXFP4, or `int8`. */
  readonly element: BlockElement;
  /** Numbers that share a power of two. Default 32. */
  readonly block?: number;
}

/** What numbers are stored as. */
export type StorageFormat = FloatFormat | MicroscalingFormat;

/** @throws {RangeError} unless all numbers of the format are float32. */
export function checkStorageFormat(where: string, argument: string, format: StorageFormat): void {
  const blocks = typeof format === 'object' && format !== null && 'element' in format ? format : undefined;
  const element: BlockElement | undefined = blocks ? blocks.element : (format as FloatFormat);
  if (element !== 'int8' && (typeof element?.max !== 'number' || !fitsFloat32(element)))
    throw new RangeError(
      `${where}: ${argument} is ${show(element?.name ?? format)}, but must be one whose numbers are all float32, such as formats.float16, or blocks of such, { element: formats.e2m1, block: 32 }.`,
    );
  if (blocks) checkNumber(where, `${argument}.block`, blocks.block ?? 32, { least: 1, whole: true });
}

/** Whether float32 contains a format, with a bit of mantissa to spare. */
function fitsFloat32({ exponentBits, mantissaBits, bias, least }: FloatFormat): boolean {
  return mantissaBits < 23 && exponentBits <= 8 && bias <= 127 && least >= 2 ** -149;
}

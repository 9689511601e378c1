import { exponentOf } from '../arithmetic/frexp.ts';
import { rounder, type Rounding } from '../arithmetic/rounding.ts';
import { checkArray, checkNumber, checkObject, show } from '../validation.ts';
import { roundToFormat, type FloatFormat } from './float-format.ts';
import { checkOptions } from '@x/tensor/arguments';

/** What the elements of a block are: floats of a format, or `int8` fractions k / 64. */
export type BlockElement = FloatFormat | 'int8';

export interface MicroscalingOptions {
  /** Elements that share a scale. Default 32. */
  readonly block?: number;
  /** Default `half-even`; Microsoft's microxcaling calls `half-away` "nearest", and it is its default. */
  readonly rounding?: Rounding;
}

/** Numbers as blocks of elements with one power of two each; value = elements[i] · 2^exponents[block]. */
export interface MicroscaledBlocks {
  readonly elements: Float32Array<ArrayBuffer>;
  /** From -127 to 127, or NaN where a block holds NaN, infinity or too large numbers. */
  readonly exponents: Float32Array<ArrayBuffer>;
}

/**
 * OCP microscaling: in each block, exponent = ⌊log₂ max|x|⌋ - (exponent of the element format's largest number), at least
 * -127, and elements x / 2^exponent, rounded and saturated. A last block may be shorter.
 *
 * @throws {RangeError} if the block is no whole number of at least 1.
 *
 * "OCP Microscaling Formats (MX) Specification" 1.0, 2023; B. Rouhani et al., "Microscaling Data Formats for Deep Learning", 2023, arXiv 2310.10537.
 */
export function toMicroscaling(values: ArrayLike<number>, element: BlockElement, options: MicroscalingOptions = {}): MicroscaledBlocks {
  const { block = 32, rounding = 'half-even' } = checkOptions('toMicroscaling', options);
  checkArray('toMicroscaling', 'values', values);
  checkNumber('toMicroscaling', 'block', block, { least: 1, whole: true });
  if (element !== 'int8' && typeof element?.max !== 'number')
    throw new TypeError(`toMicroscaling: element is ${show(element)}, but must be a float format or 'int8'.`);
  const largest = element === 'int8' ? 0 : exponentOf(element.max);
  const round = rounder(rounding);
  const elements = new Float32Array(values.length);
  const exponents = new Float32Array(Math.ceil(values.length / block));
  exponents.forEach((_, index) => {
    const begin = index * block;
    const end = Math.min(begin + block, values.length);
    let amax = 0;
    // Of any NaN it is NaN.
    for (let i = begin; i < end; i++) amax = Math.max(amax, Math.abs(values[i] as number));
    const shared = Math.max((amax === 0 ? -126 : exponentOf(amax)) - largest, -127);
    if (!Number.isFinite(amax) || shared > 127) {
      exponents[index] = Number.NaN;
      elements.fill(Number.NaN, begin, end);
      return;
    }
    exponents[index] = shared;
    for (let i = begin; i < end; i++) {
      const scaled = (values[i] as number) / 2 ** shared;
      elements[i] =
        element === 'int8'
          ? Math.min(Math.max(round(scaled * 64), -127), 127) / 64
          : roundToFormat(scaled, element, { rounding, saturate: true });
    }
  });
  return { elements, exponents };
}

/** The numbers of blocks. */
export function fromMicroscaling(blocks: MicroscaledBlocks, options: Pick<MicroscalingOptions, 'block'> = {}): Float32Array<ArrayBuffer> {
  const { block = 32 } = checkOptions('fromMicroscaling', options);
  checkObject('fromMicroscaling', 'blocks', blocks, ['elements', 'exponents']);
  for (const [name, part] of Object.entries({ elements: blocks.elements, exponents: blocks.exponents }))
    checkArray('fromMicroscaling', `blocks.${name}`, part);
  const { elements, exponents } = blocks;
  return elements.map((value, index) => value * 2 ** (exponents[Math.floor(index / block)] as number));
}

import { describe } from '@x/tensor/arguments';
import type { FloatFormat } from './formats/float-format.ts';

export {
  checkArray,
  checkChoice,
  checkFunction,
  checkNumber,
  checkObject,
  checkTensor,
  checkText,
  describe as show,
} from '@x/tensor/arguments';

/** For functions of one number, whose callers call them for each of many. @throws {TypeError} if the argument is no number; NaN and infinities are. */
export function checkReal(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a number.`);
}

/** @throws {TypeError} if the argument is no number format. */
export function checkFormat(where: string, name: string, value: FloatFormat): void {
  if (typeof value?.mantissaBits !== 'number')
    throw new TypeError(`${where}: ${name} is ${describe(value)}, but must be a number format, such as formats.float16.`);
}

import { checkNumber } from '@x/tensor/arguments';

export { checkChoice, checkNumber, describe as show } from '@x/tensor/arguments';

/** @throws {RangeError} unless the value is a part of a whole. */
export function checkFraction(where: string, name: string, value: unknown): void {
  checkNumber(where, name, value, { least: 0, most: 1, remedy: 'It is a part of the whole, such as 0.1.' });
}

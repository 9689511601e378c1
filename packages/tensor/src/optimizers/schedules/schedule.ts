import { checkFunction, checkNumber } from '../../ops/arguments.ts';

/** A number for each step, counted from 0; a pure function, so that a run that is resumed goes on as it would have. */
export type Schedule = (step: number) => number;

/** @throws {RangeError} unless it is a number that may be a rate. */
export function checkRate(where: string, name: string, value: unknown): void {
  checkNumber(where, name, value, { least: 0 });
}

/** @throws {RangeError} unless it is a whole number of steps, at least one. */
export function checkSteps(where: string, name: string, value: unknown): void {
  checkNumber(where, name, value, { least: 1, whole: true });
}

/** @throws {TypeError} unless it is a function. */
export function checkSchedule(where: string, name: string, value: unknown): void {
  checkFunction(where, name, value);
}

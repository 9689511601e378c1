import { checkNumber } from '../ops/arguments.ts';
import type { Schedule } from './schedules/schedule.ts';

/** A learning rate: a number, or a schedule that gives one for each step, counted from 0. */
export type LearningRate = number | Schedule;

/** @throws {RangeError} if it is a number but not finite and at least 0. */
export function checkLearningRate(where: string, rate: LearningRate): void {
  if (typeof rate !== 'function')
    checkNumber(where, 'learningRate', rate, {
      least: 0,
      remedy: 'Give a number such as 0.01, or a schedule such as schedules.cosine(0.01, 1000).',
    });
}

/** The rate at a step. @throws {RangeError} if a schedule gives no finite number of at least 0. */
export function rateAt(where: string, rate: LearningRate, step: number): number {
  if (typeof rate !== 'function') return rate;
  const value = rate(step);
  checkNumber(where, `learningRate(${step})`, value, { least: 0, remedy: 'Mend the schedule.' });
  return value;
}

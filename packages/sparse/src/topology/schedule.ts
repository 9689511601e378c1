import { checkChoice, checkFraction, checkNumber, checkObject } from '../validation.ts';

/** When something is done: every `every` steps from `begin` to `end`, both included. */
export interface Period {
  readonly every: number;
  readonly begin: number;
  readonly end: number;
}

/** @throws {RangeError} if a period is no period. */
export function checkPeriod(where: string, { every, begin, end }: Period): void {
  checkNumber(where, 'every', every, { least: 1, whole: true });
  checkNumber(where, 'begin', begin, { least: 0, whole: true });
  if (end !== Infinity) checkNumber(where, 'end', end, { least: begin, whole: true, remedy: 'A schedule ends after it begins.' });
}

/** Whether a step, counted from 0, is one of the period's: begin <= step <= end and (step - begin) divisible by every. */
export function isDue(period: Period, step: number): boolean {
  checkObject('isDue', 'period', period, ['every', 'begin', 'end']);
  const { every, begin, end } = period;
  for (const [name, value] of Object.entries({ every, begin, ...(end !== Infinity && { end }) })) checkNumber('isDue', name, value);
  checkNumber('isDue', 'step', step);
  return step >= begin && step <= end && (step - begin) % every === 0;
}

/** How the fraction of links that are rewired falls from its first value to the end. */
export type FractionSchedule = 'constant' | 'cosine' | 'linear' | 'inversePower';

export const fractionSchedules: readonly FractionSchedule[] = ['constant', 'cosine', 'linear', 'inversePower'];

/**
 * The fraction to rewire at part `progress` of the schedule, 0 to 1:
 * - `constant`: fraction
 * - `cosine`: fraction / 2 · (1 + cos(pi progress))
 * - `linear`: fraction · (1 - progress)
 * - `inversePower`: fraction · (1 - progress)^power, power 3
 */
export function fractionAt(schedule: FractionSchedule, fraction: number, progress: number, power = 3): number {
  checkNumber('fractionAt', 'progress', progress);
  checkChoice('fractionAt', 'schedule', schedule, fractionSchedules);
  checkFraction('fractionAt', 'fraction', fraction);
  checkNumber('fractionAt', 'power', power);
  const p = Math.min(1, Math.max(0, progress));
  if (schedule === 'constant') return fraction;
  if (schedule === 'cosine') return (fraction / 2) * (1 + Math.cos(Math.PI * p));
  return fraction * (1 - p) ** (schedule === 'linear' ? 1 : power);
}

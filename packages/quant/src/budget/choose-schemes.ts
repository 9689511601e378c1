import type { Scheme } from '../network/scheme.ts';
import { checkArray, checkNumber, show } from '../validation.ts';
import type { Sensitivity } from './sensitivity.ts';

/** What the linear layers of a network may cost in all; give one or both. */
export interface Budget {
  readonly bytes?: number;
  readonly milliseconds?: number;
}

/** More partial choices than this are thinned out; the result is then near the best. */
const MOST_CHOICES = 20_000;

interface Choice {
  readonly error: number;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly schemes: readonly Sensitivity[];
}

/**
 * A scheme for each layer, of least summed error within a budget. Errors of layers are taken to add up, and the choice
 * is the best under that assumption: partial choices that another beats in error and cost are dropped layer by layer.
 *
 * @returns Schemes by layer, for {@link quantize}'s `layers`.
 * @throws {RangeError} if even the cheapest choice exceeds the budget; the message says what it costs.
 */
export function chooseSchemes(sensitivities: readonly Sensitivity[], budget: Budget): Record<string, Scheme> {
  checkArray('chooseSchemes', 'sensitivities', sensitivities);
  const where = 'chooseSchemes';
  const { bytes = Infinity, milliseconds = Infinity } = budget ?? {};
  if (bytes === Infinity && milliseconds === Infinity)
    throw new TypeError(`${where}: budget is ${show(budget)}, but must say bytes or milliseconds, such as { bytes: 100_000 }.`);
  if (bytes !== Infinity) checkNumber(where, 'budget.bytes', bytes, { least: 0 });
  if (milliseconds !== Infinity) checkNumber(where, 'budget.milliseconds', milliseconds, { least: 0 });
  const byLayer = new Map<string, Sensitivity[]>();
  for (const entry of sensitivities) byLayer.set(entry.layer, [...(byLayer.get(entry.layer) ?? []), entry]);
  const cheapest = (of: 'bytes' | 'milliseconds'): number =>
    Array.from(byLayer.values(), (options) => Math.min(...options.map((option) => option[of]))).reduce((sum, cost) => sum + cost, 0);
  const [leastBytes, leastMilliseconds] = [cheapest('bytes'), cheapest('milliseconds')];
  if (leastBytes > bytes)
    throw new RangeError(
      `${where}: budget.bytes is ${bytes}, but the smallest schemes take ${leastBytes}; try more schemes, such as 'ternary'.`,
    );
  if (leastMilliseconds > milliseconds)
    throw new RangeError(
      `${where}: budget.milliseconds is ${milliseconds}, but the fastest schemes take ${leastMilliseconds.toPrecision(3)}.`,
    );
  let choices: Choice[] = [{ error: 0, bytes: 0, milliseconds: 0, schemes: [] }];
  for (const options of byLayer.values()) {
    const next = choices.flatMap((choice) =>
      options.map((option) => ({
        error: choice.error + option.error,
        bytes: choice.bytes + option.bytes,
        milliseconds: choice.milliseconds + option.milliseconds,
        schemes: [...choice.schemes, option],
      })),
    );
    choices = undominated(
      next.filter((choice) => choice.bytes <= bytes && choice.milliseconds <= milliseconds),
      milliseconds !== Infinity,
      bytes !== Infinity,
    );
  }
  const best = choices.toSorted((a, b) => a.error - b.error)[0];
  if (!best) throw new RangeError(`${where}: no choice of schemes meets both budgets, ${bytes} bytes and ${milliseconds} milliseconds.`);
  return Object.fromEntries(best.schemes.map(({ layer, scheme }) => [layer, scheme]));
}

/** Choices that no other beats in error and in all costs that count. */
function undominated(choices: readonly Choice[], timeCounts: boolean, bytesCount: boolean): Choice[] {
  const sorted = choices.toSorted((a, b) => a.error - b.error || a.bytes - b.bytes || a.milliseconds - b.milliseconds);
  const kept: Choice[] = [];
  for (const choice of sorted) {
    const beaten = kept.some(
      (other) => (!bytesCount || other.bytes <= choice.bytes) && (!timeCounts || other.milliseconds <= choice.milliseconds),
    );
    if (!beaten) kept.push(choice);
  }
  const stride = Math.ceil(kept.length / MOST_CHOICES);
  return stride <= 1 ? kept : kept.filter((_, index) => index % stride === 0 || index === kept.length - 1);
}

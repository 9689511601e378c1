import { checkNumber } from '../ops/arguments.ts';

/** What to do next with a chain of steps whose gradients are taken from the last to the first. */
export type RevolveAction =
  /** Do steps `from` to `to - 1`, from the state before the first to the state after the last. */
  | { readonly type: 'advance'; readonly from: number; readonly to: number }
  /** Keep the present state, which is that before step `at`. */
  | { readonly type: 'keep'; readonly at: number }
  /** Go back to the kept state before step `at`. */
  | { readonly type: 'restore'; readonly at: number }
  /** The kept state before step `at` is not needed any more. */
  | { readonly type: 'free'; readonly at: number }
  /** Do step `at` again from the present state, and take its gradients. */
  | { readonly type: 'reverse'; readonly at: number };

/**
 * The least number of steps that must be done forward, beside that which comes with each gradient, to reverse a chain of
 * `steps` steps with room for `snapshots` states, the first one counted: r · l - C(c + r, c + 1), with the least r for
 * which C(c + r, c) is at least l.
 *
 * A. Griewank, A. Walther, "Algorithm 799: Revolve", 2000.
 *
 * @throws {RangeError} if a number is no whole number of at least 1.
 * @example
 * revolveCost(100, 10); // => 222
 */
export function revolveCost(steps: number, snapshots: number): number {
  checkCounts('revolveCost', steps, snapshots);
  let repeats = 0;
  while (choose(snapshots + repeats, snapshots) < steps) repeats++;
  return repeats * steps - choose(snapshots + repeats, snapshots + 1);
}

/**
 * How to reverse a chain of steps with room for a number of states and the fewest steps done forward.
 *
 * Begins with the state before step 0 at hand, and has each step's gradients taken once, from the last to the first. At
 * no time are more than `snapshots` states kept.
 *
 * A. Griewank, A. Walther, "Algorithm 799: Revolve: an implementation of checkpointing for the reverse or adjoint mode
 * of computational differentiation", 2000.
 *
 * @throws {RangeError} if a number is no whole number of at least 1.
 * @example
 * revolveSchedule(2, 1).map(({ type }) => type); // => ['keep', 'advance', 'reverse', 'restore', 'reverse', 'free']
 */
export function revolveSchedule(steps: number, snapshots: number): RevolveAction[] {
  checkCounts('revolveSchedule', steps, snapshots);
  const actions: RevolveAction[] = [{ type: 'keep', at: 0 }];
  reverse(actions, 0, steps, snapshots, true);
  return [...actions, { type: 'free', at: 0 }];
}

/** Reverses steps `from` to `to - 1`; the state before the first is kept and one of `snapshots`, and `present` if at hand. */
function reverse(actions: RevolveAction[], from: number, to: number, snapshots: number, present: boolean): void {
  const length = to - from;
  if (!present) actions.push({ type: 'restore', at: from });
  if (length === 1) {
    actions.push({ type: 'reverse', at: from });
    return;
  }
  const ahead = snapshots === 1 ? length - 1 : bestAdvance(length, snapshots);
  const middle = from + ahead;
  actions.push({ type: 'advance', from, to: middle });
  if (snapshots === 1 || to - middle === 1) actions.push({ type: 'reverse', at: middle });
  else {
    actions.push({ type: 'keep', at: middle });
    reverse(actions, middle, to, snapshots - 1, true);
    actions.push({ type: 'free', at: middle });
  }
  reverse(actions, from, middle, snapshots, false);
}

/** How far to go before the next state is kept. */
function bestAdvance(length: number, snapshots: number): number {
  let best = 1;
  let least = Infinity;
  for (let ahead = 1; ahead < length; ahead++) {
    const cost = ahead + revolveCost(length - ahead, snapshots - 1) + revolveCost(ahead, snapshots);
    if (cost < least) [best, least] = [ahead, cost];
  }
  return best;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return k > n ? 0 : Math.round(result);
}

function checkCounts(where: string, steps: number, snapshots: number): void {
  checkNumber(where, 'steps', steps, { least: 1, whole: true });
  checkNumber(where, 'snapshots', snapshots, { least: 1, whole: true });
}

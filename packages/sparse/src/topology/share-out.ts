/**
 * Whole numbers that add up to `total`, as nearly in proportion to the weights as whole numbers can be, none above its
 * capacity; what one can't take the others get. All weights 0: equal shares.
 *
 * By the largest remainders; of equal ones the earlier.
 *
 * @throws {RangeError} if the capacities together are less than the total.
 */
export function shareOut(total: number, weights: readonly number[], capacities: readonly number[]): number[] {
  const most = capacities.reduce((sum, capacity) => sum + capacity, 0);
  if (total > most) throw new RangeError(`internal: ${total} can't be shared out among capacities of ${most}`);
  const shares = weights.map(() => 0);
  let open = [...weights.keys()];
  let left = total;
  for (;;) {
    const all = open.reduce((sum, i) => sum + weights[i]!, 0);
    const wanted = open.map((i) => (all > 0 ? left * (weights[i]! / all) : left / open.length));
    const full = open.filter((i, at) => wanted[at]! > capacities[i]!);
    if (full.length > 0) {
      for (const i of full) left -= shares[i] = capacities[i]!;
      open = open.filter((i) => !full.includes(i));
      continue;
    }
    const order = open.map((i, at) => ({ i, remainder: wanted[at]! - Math.floor(wanted[at]!) }));
    open.forEach((i, at) => (left -= shares[i] = Math.floor(wanted[at]!)));
    order.sort((a, b) => b.remainder - a.remainder || a.i - b.i);
    for (const { i } of [...order, ...order]) {
      if (left === 0 || shares[i]! >= capacities[i]!) continue;
      shares[i]!++;
      left--;
    }
    return shares;
  }
}

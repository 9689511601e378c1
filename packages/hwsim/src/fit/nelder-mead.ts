import { requireFunction, requireInteger, requireList, requireOptions } from '../validation.ts';

/**
 * Minimises a function of a few numbers without derivatives: the simplex method of Nelder and Mead (1965), restarted from its result until that no longer
 * helps. Deterministic.
 *
 * @param objective what to minimise; Infinity marks points that aren't allowed
 * @param start where to begin; the first simplex steps a fifth of each coordinate
 * @returns the best point found and its value
 * @example minimise(([x, y]) => (x - 1) ** 2 + (y + 2) ** 2, [0.5, 0.5]).point // about [1, -2]
 */
export function minimise(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  options: { steps?: number } = {},
): { point: number[]; value: number } {
  const { steps = 4000 } = requireOptions(options);
  requireInteger('options.steps', steps);
  requireFunction('objective', objective);
  requireList('start', start);
  if (start.length === 0 || !start.every(Number.isFinite))
    throw new RangeError(`start is [${start.join(', ')}], expected at least one finite number`);
  let best = { point: [...start], value: objective(start) };
  for (let round = 0; round < 8; round++) {
    const next = simplex(objective, best.point, steps);
    if (!(next.value < best.value * (1 - 1e-9) - 1e-300)) return next.value < best.value ? next : best;
    best = next;
  }
  return best;
}

function simplex(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  steps: number,
): { point: number[]; value: number } {
  const n = start.length;
  const corners = Array.from({ length: n + 1 }, (_, i) => {
    const point = start.map((x, j) => (j === i - 1 ? x + (x === 0 ? 0.1 : 0.2 * x) : x));
    return { point, value: objective(point) };
  });
  for (let step = 0; step < steps; step++) {
    corners.sort((a, b) => a.value - b.value);
    const worst = corners[n]!;
    if (Math.abs(worst.value - corners[0]!.value) <= 1e-12 * Math.abs(corners[0]!.value)) break;
    const centre = start.map((_, j) => corners.slice(0, n).reduce((sum, c) => sum + c.point[j]!, 0) / n);
    const along = (by: number): { point: number[]; value: number } => {
      const point = centre.map((c, j) => c + by * (worst.point[j]! - c));
      return { point, value: objective(point) };
    };
    const reflected = along(-1);
    if (reflected.value < corners[0]!.value) {
      const expanded = along(-2);
      corners[n] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < corners[n - 1]!.value) corners[n] = reflected;
    else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(worst.value, reflected.value)) corners[n] = contracted;
      else
        for (let i = 1; i <= n; i++) {
          const point = corners[i]!.point.map((x, j) => corners[0]!.point[j]! + 0.5 * (x - corners[0]!.point[j]!));
          corners[i] = { point, value: objective(point) };
        }
    }
  }
  corners.sort((a, b) => a.value - b.value);
  return corners[0]!;
}

import { requireFunction, requireList } from '../validation.ts';

/**
 * The items no other item beats: none is at least as good in every objective and better in one. Objectives are maximised; negate what should be small.
 *
 * @returns the front in the order given; of equal items, all
 */
export function paretoFront<T>(items: readonly T[], objectives: readonly ((item: T) => number)[]): T[] {
  requireList('objectives', objectives).forEach((objective, i) => requireFunction(`objectives[${i}]`, objective));
  const points = requireList('items', items).map((item) => objectives.map((objective) => objective(item)));
  // Whoever beats an item comes before it in descending order of the first objective (then the next ones).
  const order = points
    .map((_, i) => i)
    .toSorted((a, b) => {
      for (let o = 0; o < objectives.length; o++) if (points[a]![o] !== points[b]![o]) return points[b]![o]! - points[a]![o]!;
      return a - b;
    });
  const front: number[] = [];
  for (const i of order) {
    const beaten = front.some((j) => points[j]!.every((x, o) => x >= points[i]![o]!) && points[j]!.some((x, o) => x > points[i]![o]!));
    if (!beaten) front.push(i);
  }
  return front.toSorted((a, b) => a - b).map((i) => items[i]!);
}

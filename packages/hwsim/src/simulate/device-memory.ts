import type { Work } from './work.ts';

/** Bytes a stretch of work adds to what a chip holds, and the most it holds on the way, over what it held before. */
interface Course {
  readonly net: number;
  readonly most: number;
}

function courseOf(work: readonly Work[], firstTime: boolean): Course {
  let [held, most] = [0, 0];
  for (const { keeps, keepsFirst } of work) {
    held += keeps + (firstTime ? keepsFirst : 0);
    most = Math.max(most, held);
  }
  return { net: held, most };
}

/**
 * The most a device holds beyond what it begins with, while it does its passes in order. A pass's gradients come into being the first time.
 *
 * @param passes numbers of the passes, in the device's order
 * @param workOf what a pass does
 * @param kindOf passes with the same number do the same work
 */
export function mostHeld(
  passes: ArrayLike<number>,
  workOf: (pass: number) => readonly Work[],
  kindOf: (pass: number) => number,
): { most: number; end: number } {
  const courses = new Map<number, { first: Course; later: Course; begun: boolean }>();
  let [held, most] = [0, 0];
  for (let i = 0; i < passes.length; i++) {
    const pass = passes[i]!;
    const kind = kindOf(pass);
    let course = courses.get(kind);
    if (!course) {
      const work = workOf(pass);
      courses.set(kind, (course = { first: courseOf(work, true), later: courseOf(work, false), begun: false }));
    }
    const now = course.begun ? course.later : course.first;
    course.begun = true;
    most = Math.max(most, held + now.most);
    held += now.net;
  }
  return { most, end: held };
}

/** The best placement a search found, and how it got there. */
export interface SearchResult {
  /** Device of each group. */
  readonly assignment: Int32Array;
  readonly load: number;
  /** Placements that were costed. */
  readonly evaluations: number;
  /** The best load after so many placements: the learning curve. */
  readonly curve: readonly { readonly evaluations: number; readonly load: number }[];
}

/** Keeps the best placement seen and the curve of it; `result` refuses where no placement fitted. */
export function recorder(): {
  readonly see: (assignment: ArrayLike<number>, load: number, evaluations: number) => void;
  readonly result: (evaluations: number) => SearchResult;
} {
  let best = Infinity;
  let assignment = new Int32Array();
  const curve: { evaluations: number; load: number }[] = [];
  return {
    see: (candidate, load, evaluations) => {
      if (!(load < best)) return;
      best = load;
      assignment = Int32Array.from(candidate);
      curve.push({ evaluations, load });
    },
    result: (evaluations) => {
      if (best === Infinity)
        throw new RangeError(
          `none of the ${evaluations} placements that were costed fits: the devices are too small, a node runs on few of them, or there were too few; give more evaluations, or a start that fits`,
        );
      return { assignment, load: best, evaluations, curve: [...curve, { evaluations, load: best }] };
    },
  };
}

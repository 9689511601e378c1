export interface Candidate {
  /** Prepares what `run` needs; not timed. */
  readonly setup?: () => unknown;
  /** What is timed, to its end when it returns a promise. */
  readonly run: () => unknown;
  readonly teardown?: () => unknown;
}

export interface Samples {
  /** Seconds a run in each round. */
  readonly times: readonly number[];
  /** Runs made in all rounds. */
  readonly runs: number;
}

/** Few enough that a slow candidate doesn't hold up the rest, enough for a median; the most is for candidates of a few microseconds. */
const leastRounds = 3;
const mostRounds = 51;

/** Times each candidate once a round, in turn. Every sample of a round lasts about as long, by as many runs as that takes. */
export async function measureRounds(
  candidates: readonly Candidate[],
  { seconds, warmup }: { seconds: number; warmup: number },
): Promise<Samples[]> {
  const ready: Candidate[] = [];
  try {
    for (const candidate of candidates) {
      ready.push(candidate);
      await candidate.setup?.();
    }
    const plans: { batch: (runs: number) => number | Promise<number>; runs: number; times: number[] }[] = [];
    for (const candidate of candidates) {
      const batch = await chooseBatch(candidate);
      plans.push({ batch, runs: await warmUp(batch, warmup, seconds / mostRounds), times: [] });
    }
    const end = performance.now() + seconds * 1000 * plans.length;
    for (let round = 0; round < leastRounds || (round < mostRounds && performance.now() < end); round++) {
      for (const { batch, runs, times } of plans) times.push((await batch(runs)) / 1000 / runs);
    }
    return plans.map(({ runs, times }) => ({ times, runs: runs * times.length }));
  } finally {
    for (const candidate of ready) await candidate.teardown?.();
  }
}

/** Milliseconds that a number of runs takes. A synchronous candidate doesn't pay for an `await`. */
async function chooseBatch({ run }: Candidate): Promise<(runs: number) => number | Promise<number>> {
  const first = run();
  if (!isPromise(first)) {
    return (runs) => {
      const start = performance.now();
      for (let i = 0; i < runs; i++) held = run();
      return performance.now() - start;
    };
  }
  await first;
  return async (runs) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) held = await run();
    return performance.now() - start;
  };
}

let held: unknown;
/** @public What the last run returned: as long as it can be seen from outside, an engine can't drop the run that made it. */
export function lastResult(): unknown {
  return held;
}

/** Runs for `warmup` seconds at least, and returns how many runs make a sample of `sample` seconds. */
async function warmUp(batch: (runs: number) => number | Promise<number>, warmup: number, sample: number): Promise<number> {
  const start = performance.now();
  let runs = 1;
  for (;;) {
    const elapsed = await batch(runs);
    const warm = performance.now() - start >= warmup * 1000;
    if (elapsed >= sample * 500 && warm) return Math.max(1, Math.round((runs * sample * 1000) / elapsed));
    if (elapsed < sample * 500) runs *= 2;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

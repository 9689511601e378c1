/** How long work may go on without letting timers, signals, workers' messages and the screen have their turn. */
const PATIENCE_MS = 50;

const host = globalThis as { setImmediate?: (run: () => void) => void };

/** A function to call often in long work: now and then it lets the event loop turn, else it returns at once. */
export function eventLoopTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < PATIENCE_MS) return;
    await new Promise<void>((resolve) => {
      if (host.setImmediate) host.setImmediate(resolve);
      else setTimeout(resolve, 0);
    });
    last = performance.now();
  };
}

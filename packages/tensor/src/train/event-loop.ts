/** How long work may go on without letting timers, signals, workers' messages and the screen have their turn. */
const PATIENCE_MS = 50;

const host = globalThis as { setImmediate?: (run: () => void) => void };

/** The next turn of the event loop. A browser's timers come 4 ms late, and a second late where the page isn't seen; messages don't. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (host.setImmediate) {
      host.setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** A function to call often in long work: now and then it lets the event loop turn, else it returns at once. */
export function eventLoopTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < PATIENCE_MS) return;
    await nextTurn();
    last = performance.now();
  };
}

import process from 'node:process';

/**
 * Says what is going on: on a terminal by a line that is written anew, elsewhere by a line now and then.
 *
 * @param {string} title
 * @param {{ stream?: { isTTY?: boolean, write(text: string): unknown }, interval?: number, now?: () => number }} [options] `interval`: milliseconds between lines where there is no terminal
 */
export function statusLine(title, { stream = process.stderr, interval = 10_000, now = Date.now } = {}) {
  const start = now();
  const seconds = () => `${((now() - start) / 1000).toFixed(1)} s`;
  let last = start;
  stream.write(`${title} …${stream.isTTY ? '' : '\n'}`);
  return {
    /** @param {string} text */
    update(text) {
      if (stream.isTTY) {
        if (now() - last < 50) return;
        stream.write(`\r\u001b[K${title} … ${text}`);
      } else {
        if (now() - last < interval) return;
        stream.write(`${title} … ${text} (${seconds()})\n`);
      }
      last = now();
    },
    /** @param {string} text */
    end(text) {
      stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}${title}: ${text} (${seconds()})\n`);
    },
  };
}

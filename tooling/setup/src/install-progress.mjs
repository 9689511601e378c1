/**
 * Reads the JSON lines of `pnpm install --reporter=ndjson`.
 *
 * @returns `read`, which takes a line and gives how far the installation is if that changed, and the `errors` met on the way
 */
export function readProgress() {
  let packages = 0;
  let ready = 0;
  /** @type {string[]} */
  const errors = [];
  return {
    errors,
    /** @param {string} line */
    read(line) {
      const event = parse(line);
      if (event === undefined) {
        // What isn't pnpm's own comes from a package's install script or from npx.
        if (line.trim()) errors.push(line);
        return undefined;
      }
      if (event.level === 'error') errors.push([event.code, event.err?.message ?? event.message].filter(Boolean).join(' '));
      if (event.name === 'pnpm:progress') {
        if (event.status === 'resolved') packages++;
        else if (event.status === 'imported') ready++;
        else return undefined;
        return `${ready} of ${Math.max(packages, ready)} packages`;
      }
      return undefined;
    },
  };
}

/**
 * @param {string} line
 * @returns {{ name?: string, level?: string, status?: string, code?: string, message?: string, err?: { message?: string } } | undefined}
 */
function parse(line) {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

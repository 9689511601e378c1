import { pathToFileURL } from 'node:url';
import type { Rolldown } from 'tsdown';

/** Runs modules of these paths when they are built, and puts the values of what they export, as JSON has them, in their place. */
export function evaluate(paths: readonly string[]): Rolldown.Plugin {
  return {
    name: 'evaluate',
    load: {
      async handler(id) {
        if (!paths.includes(id)) return null;
        const exported = (await import(pathToFileURL(id).href)) as Record<string, unknown>;
        const code = Object.entries(exported).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
        return { code: code.join('\n'), moduleType: 'js' };
      },
    },
  };
}

import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runSnippet } from './run-snippet.ts';
import { extractSnippets } from './snippets.ts';

/**
 * Defines one test for each `ts` code block of a package's README: it runs as it stands, and each `// => value` is what comes out.
 *
 * @example readmeSnippets(new URL('../README.md', import.meta.url));
 * @throws Error when the file has no such block.
 */
export function readmeSnippets(file: URL | string, { timeout = 60_000 } = {}): void {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  const snippets = extractSnippets(readFileSync(path, 'utf8'));
  if (snippets.length === 0)
    throw new Error(`${path} has no code block that starts with \`\`\`ts: show one snippet that runs as it stands.`);
  describe(basename(path), () => {
    test.for(snippets)('the snippet on line $line runs and shows what it says', { timeout }, async (snippet) => {
      expect(await runSnippet(snippet, dirname(path))).toEqual([]);
    });
  });
}

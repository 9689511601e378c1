import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { matchesExpected } from './expected.ts';
import { instrument } from './instrument.ts';
import type { Snippet } from './snippets.ts';

const observer = new URL('observe.ts', import.meta.url).href;

/**
 * Runs a snippet as a module inside `directory`, in a process of its own, where the package's name resolves to its sources.
 *
 * @returns one sentence for each value that isn't the one its `// =>` comment shows.
 * @throws Error with what the program printed when it fails, SyntaxError when it doesn't parse.
 */
export async function runSnippet({ line, code }: Snippet, directory: string): Promise<string[]> {
  const { code: instrumented, expectations } = instrument(code);
  // Self-reference and type stripping both stop at node_modules, so the file lies beside it.
  const folder = join(directory, '.cache', 'readme');
  const file = join(folder, `line-${line}-${process.pid}.ts`);
  await mkdir(folder, { recursive: true });
  // The code keeps its line numbers, so that a stack trace points into the README.
  await writeFile(file, `import { observe as __observe, print as __print } from '${observer}';${'\n'.repeat(line - 1)}${instrumented}\n`);
  try {
    const child = spawn(process.execPath, ['--conditions=@x/source', '--no-warnings', file], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const exit = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    const [printed, failed, reports] = (await Promise.all(
      [child.stdout, child.stderr, child.stdio[3]].map((stream) => text(stream as Readable)),
    )) as [string, string, string];
    const status = await exit;
    if (status !== 0) throw new Error(`The snippet on line ${line} ended with exit code ${status}.\n${printed}${failed}`);
    const observations = reports
      .split('\n')
      .filter(Boolean)
      .map((row) => JSON.parse(row) as { index: number; texts: string[] });
    return expectations.flatMap(({ line: offset, expected }, index) => {
      const at = `line ${line + offset}: expected ${expected}`;
      const observed = observations.filter((observation) => observation.index === index);
      if (observed.length === 0) return [`${at}, but the line was never reached`];
      return observed
        .filter(({ texts }) => !texts.some((actual) => matchesExpected(actual, expected)))
        .map(({ texts }) => `${at}, got ${texts[0]}`);
    });
  } finally {
    await rm(file, { force: true });
  }
}

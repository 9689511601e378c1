import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readmeSnippets } from '../src/readme.ts';
import { runSnippet } from '../src/run-snippet.ts';

const here = fileURLToPath(new URL('..', import.meta.url));
const run = (code: string): Promise<string[]> => runSnippet({ line: 10, code }, here);

test('a snippet that shows what comes out has nothing to report', async () => {
  expect(
    await run(`
import { allclose } from '@x-tooling/testing';
const same: boolean = allclose([1], [1]).close; // => true
console.log('a', 1 / 3); // => a 0.333
new Float32Array([1, 2]); // => [1, 2]
[1, 2].map((x) => x * 2); // => [2, 4]`),
  ).toEqual([]);
});

test('a wrong value, a line that is never reached and every wrong turn of a loop are reported with the line of the README', async () => {
  expect(await run('1 + 1; // => 3\nif (false) {\n  4; // => 4\n}\nfor (const a of [1, 2]) a; // => 1')).toEqual([
    'line 10: expected 3, got 2',
    'line 12: expected 4, but the line was never reached',
    'line 14: expected 1, got 2',
  ]);
});

test('a snippet that throws fails with its output and a stack that points into the README', async () => {
  await expect(run("console.log('before');\nthrow new Error('broken');")).rejects.toThrow(
    /line 10 ended with exit code 1[^]*before[^]*:11[^]*broken/,
  );
});

test('refuses a README without a snippet', () => {
  expect(() => readmeSnippets(new URL('../tsconfig.json', import.meta.url))).toThrow('has no code block that starts with ```ts');
});

readmeSnippets(new URL('../README.md', import.meta.url));

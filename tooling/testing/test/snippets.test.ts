import { expect, test } from 'vitest';
import { extractSnippets } from '../src/snippets.ts';

test('takes the ts fences with their line, and no other', () => {
  const markdown = [
    '# A',
    '```ts',
    'const a = 1;',
    '',
    'a; // => 1',
    '```',
    '```js',
    'x',
    '```',
    '~~~ typescript',
    '`tick`',
    '~~~',
    '```ts fragment',
    '…',
    '```',
  ].join('\n');
  expect(extractSnippets(markdown)).toEqual([
    { line: 3, code: 'const a = 1;\n\na; // => 1' },
    { line: 11, code: '`tick`' },
  ]);
});

test('a longer fence holds a shorter one', () => {
  expect(extractSnippets('````ts\n```\n1\n```\n````')).toEqual([{ line: 2, code: '```\n1\n```' }]);
});

test('refuses a fence that is not closed', () => {
  expect(() => extractSnippets('a\n```ts\n1')).toThrow('The code block that starts on line 3 is not closed by ```.');
});

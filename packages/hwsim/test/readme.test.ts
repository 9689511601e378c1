import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as hwsim from '../src/index.ts';

const blocks = [...readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  (match) => match[1]!,
);

describe('README', () => {
  it('has snippets', () => expect(blocks.length).toBeGreaterThanOrEqual(5));
  it.each(blocks.map((code, i) => [i + 1, code] as const))('snippet %i runs as it stands', async (_, code) => {
    const body = code.replace(/import (\{[^}]*\}) from '@x\/hwsim'/g, 'const $1 = hwsim');
    expect(body).not.toContain('import ');
    const run = new Function('hwsim', `return (async () => {\n${body}\n})()`) as (module: typeof hwsim) => Promise<void>;
    await run(hwsim);
  });
});

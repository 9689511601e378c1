import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readResults, recordRun, renderTables, writeResults, type BenchResults } from '../src/index.ts';

const result = (label: string, median: number, ratio: number) => ({ label, median, min: median / 2, rounds: 5, runs: 50, ratio });
const results: BenchResults = {
  run: { date: '2026-11-21T10:00:00.000Z', cpu: 'EPYC', cores: 2, node: '24.21.0', load: 0.1, commit: 'abc1234', command: 'pnpm bench' },
  comparisons: [
    { name: 'matmul 512', flops: 2 * 512 ** 3, limit: { flops: 117e9 }, results: [result('tfjs', 8e-3, 1), result('x', 2.5e-3, 3.2)] },
    { name: 'matmul a|b', flops: 2 * 1024 ** 3, limit: { flops: 117e9 }, results: [result('tfjs', 64e-3, 1)] },
    { name: 'copy', bytes: 8e6, results: [result('x', 1e-3, 1)] },
  ],
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bench-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('what is written is read, and no unfinished file stays', async () => {
  const path = join(directory, 'a/b/tensor.json');
  await writeResults(path, results);
  expect(await readResults(path)).toEqual(results);
  expect(await readdir(join(directory, 'a/b'))).toEqual(['tensor.json']);
});

test('a file that is something else is refused by name', async () => {
  const path = join(directory, 'x.json');
  for (const text of ['{"run"', '{}', '[]']) {
    await writeFile(path, text);
    await expect(readResults(path)).rejects.toThrow(`${path} holds no bench results: `);
  }
});

test('a run says on what, when and from which source', () => {
  const run = recordRun({ command: 'pnpm bench --quick' });
  expect(run.command).toBe('pnpm bench --quick');
  expect(run.node).toBe(process.versions.node);
  expect(run.cores).toBeGreaterThan(0);
  expect(run.commit).toMatch(/^[0-9a-f]{7,}\+?$|^unknown$/);
  expect(Date.parse(run.date)).toBeGreaterThan(0);
});

test('the table stands between its markers, and rendering again changes nothing', () => {
  const markdown = 'Before\n<!-- bench:tensor -->\nold\n<!-- /bench:tensor -->\nAfter\n';
  const rendered = renderTables(markdown, new Map([['tensor', results]]));
  expect(rendered).toBe(`Before
<!-- bench:tensor -->
| | candidate | median | min | x tfjs | GFLOP/s | of 117 GFLOP/s |
|---|---|---:|---:|---:|---:|---:|
| matmul 512 | tfjs | 8.00 ms | 4.00 ms | 1.00 | 33.6 | 28.7 % |
|  | x | 2.50 ms | 1.25 ms | 3.20 | 107 | 91.8 % |
| matmul a\\|b | tfjs | 64.0 ms | 32.0 ms | 1.00 | 33.6 | 28.7 % |

| | candidate | median | min | x x | GB/s |
|---|---|---:|---:|---:|---:|
| copy | x | 1.00 ms | 500 us | 1.00 | 8.00 |

\`pnpm bench\`, 2026-11-21, EPYC, 2 cores, Node 24.21.0, load before 0.1, commit abc1234.
<!-- /bench:tensor -->
After
`);
  expect(renderTables(rendered, new Map([['tensor', results]]))).toBe(rendered);
});

test('a marker that stands alone, and a name without results, are refused', () => {
  expect(() => renderTables('<!-- bench:a -->', new Map())).toThrow('<!-- bench:a --> has no <!-- /bench:a --> after it.');
  expect(() => renderTables('<!-- /bench:a -->', new Map())).toThrow('<!-- /bench:a --> has no <!-- bench:a --> before it.');
  expect(() => renderTables('<!-- bench:a --><!-- /bench:a -->', new Map([['tensor', results]]))).toThrow(
    'there is no bench/results/a.json; there are tensor.',
  );
});

/**
 * Draws results/fashion.json and results/fashion-time.json: accuracy against operations and against time, as SVG beside them.
 *
 *   pnpm --filter @x/sparse reproduce:fashion-plot
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Result, StepTime } from './fashion.ts';
import type { Run } from './journal.ts';
import { mean } from './statistics.ts';

interface Point {
  readonly method: string;
  readonly sparsity: number;
  readonly accuracy: number;
  /** Parts of what dense training takes. */
  readonly operations: number;
  readonly time: number;
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), 'utf8'));
const runs = Object.values(read('fashion') as Record<string, Run<Result>>).map(({ result }) => result);
const [times] = Object.values(read('fashion-time') as Record<string, Run<readonly StepTime[]>>).map(({ result }) => result);
const timeOf = (method: string, sparsity: number): number =>
  times!.find((time) => time.method === method && time.sparsity === sparsity)!.milliseconds;
const denseFlops = runs.find(({ method }) => method === 'dense')!.flops;

const points = [...new Set(runs.map(({ method, sparsity }) => `${method} ${sparsity}`))].map((name): Point => {
  const own = runs.filter(({ method, sparsity }) => `${method} ${sparsity}` === name);
  const { method, sparsity, flops } = own[0]!;
  return {
    ...{ method, sparsity },
    accuracy: 100 * mean(own.map(({ accuracy }) => accuracy)),
    operations: flops / denseFlops,
    time: timeOf(method, sparsity) / timeOf('dense', 0),
  };
});

const colors: Readonly<Record<string, string>> = {
  ...{ dense: '#444', static: '#999', SET: '#2f6fb5', RigL: '#c8452f' },
  ...{ 'Top-KAST': '#2a8f5c', pruning: '#8a5bb5' },
};

for (const [axis, label] of [
  ['operations', "operations of a training step, part of the dense network's (logarithmic)"],
  ['time', "time of training (a step's, of 100 in turns, times their number), part of the dense network's (logarithmic)"],
] as const) {
  const sorted = points.toSorted((a, b) => a[axis] - b[axis]);
  const ends = [...new Set(points.map(({ method }) => method))].map((method) => sorted.findLast((point) => point.method === method)!);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    width: 760,
    height: 420,
    marginLeft: 55,
    marginRight: 80,
    marginBottom: 45,
    style: { background: 'white', color: '#222', fontSize: '12px' },
    x: { type: 'log', label, grid: true, tickFormat: '~g' },
    y: { label: 'test accuracy, %', grid: true, nice: true },
    color: { domain: Object.keys(colors), range: Object.values(colors) },
    marks: [
      Plot.line(sorted, { x: axis, y: 'accuracy', stroke: 'method', strokeWidth: 2, z: 'method' }),
      Plot.dot(sorted, { x: axis, y: 'accuracy', fill: 'method', r: 4 }),
      Plot.text(sorted, {
        x: axis,
        y: 'accuracy',
        text: ({ sparsity }: Point) => (sparsity > 0 ? `${sparsity}` : ''),
        dy: 12,
        fill: 'method',
        fontSize: 10,
      }),
      Plot.text(ends, { x: axis, y: 'accuracy', text: 'method', dx: 8, textAnchor: 'start', fill: 'method', fontWeight: 'bold' }),
    ],
    document: document as unknown as Document,
  });
  const svg = plot.outerHTML.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
  writeFileSync(new URL(`results/fashion-${axis}.svg`, import.meta.url), `${svg}\n`);
}

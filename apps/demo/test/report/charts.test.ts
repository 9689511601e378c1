import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { accuracyChart, backendChart, lossChart, throughputChart } from '../../src/report/charts.ts';

const epochs = [1, 2, 3].map((epoch) => ({
  epoch,
  trainLoss: 1 / epoch,
  trainAccuracy: 0.8 + epoch / 50,
  testLoss: 1.1 / epoch,
  testAccuracy: 0.79 + epoch / 50,
  seconds: 4,
  examplesPerSecond: 15_000,
}));
const training = { epochs, curve: [1, 2, 3, 4, 5, 6].map((step) => ({ step, loss: 2 / step })), steps: 6, seconds: 12 };

const parse = (svg: string): Document => parseHTML(`<!doctype html><html><body>${svg}</body></html>`).document as unknown as Document;

it.each([
  { name: 'loss', svg: lossChart(training), lines: 2, marks: 'circle' },
  { name: 'accuracy', svg: accuracyChart(epochs), lines: 2, marks: 'circle' },
  { name: 'throughput', svg: throughputChart(epochs), lines: 0, marks: 'rect' },
])('draws the $name of every epoch', ({ svg, lines, marks }) => {
  const document = parse(svg);
  expect(document.querySelectorAll('g[aria-label="line"] path')).toHaveLength(lines);
  expect(document.querySelectorAll(`g[aria-label="dot"] ${marks}, g[aria-label="bar"] ${marks}`).length % epochs.length).toBe(0);
  expect(document.querySelectorAll(marks).length).toBeGreaterThanOrEqual(epochs.length);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

it('draws a run of one epoch', () => {
  const [first] = epochs;
  const one = { ...training, epochs: [first!] };
  for (const svg of [lossChart(one), accuracyChart(one.epochs), throughputChart(one.epochs)])
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

it('compares backends by bars as long as the logarithm of their times, with the times beside them', () => {
  const times = [10, 100, 1000];
  const backends = ['x', 'wasm', 'cpu'].map((backend, index) => ({
    backend,
    steps: 2,
    millisecondsPerStep: times[index]!,
    ratio: times[index]! / 10,
    losses: [],
    lossDifference: 0,
  }));
  const document = parse(backendChart(backends));
  const widths = [...document.querySelectorAll('g[aria-label="bar"] rect')].map((bar) => Number(bar.getAttribute('width')));
  expect(widths).toHaveLength(3);
  expect(widths[2]! - widths[1]!).toBeCloseTo(widths[1]! - widths[0]!, 6);
  expect(document.body.textContent).toContain('1,000 ms, 100 ×');
});

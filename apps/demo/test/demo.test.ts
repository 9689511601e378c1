import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadSafetensors } from '@x/tensor';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../src/report/report.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const args = (...options: string[]): string[] => ['--conditions=@x/source', program, ...options];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function demo(...options: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args(...options), (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('a short run', () => {
  let out: string;
  let ended: Ended;
  let report: Report;
  beforeAll(async () => {
    out = join(directory, 'results');
    ended = await demo('--epochs', '1', '--train-examples', '2000', '--no-compare', '--model', 'mlp-small', '--seed', '7', '--out', out);
    report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  });

  it('ends well and leaves the report, its numbers and the network, and nothing else', async () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect((await readdir(out)).sort()).toEqual(['model.safetensors', 'report.html', 'report.json']);
  });

  it('prints plain lines where there is no terminal, one an epoch', () => {
    for (const control of ['\r', '\u001B']) expect(ended.stdout).not.toContain(control);
    expect(ended.stdout.match(/^ +\d+ +\d\.\d{4} +\d+\.\d\d % +\d+\.\d\d % +\d+\.\d +[\d,]+$/gm)).toHaveLength(1);
    expect(ended.stdout).toContain(join(out, 'report.html'));
  });

  it('has numbers that agree with one another', () => {
    const { training, test, options, data, profile } = report;
    expect(options).toMatchObject({ epochs: 1, trainExamples: 2000, compare: false, seed: 7 });
    expect(training).toMatchObject({ steps: 16, epochs: [{ epoch: 1, testAccuracy: expect.closeTo(test.accuracy, 6) }] });
    expect(training.curve.at(-1)?.step).toBe(16);
    expect(training.curve.at(-1)?.loss).toBeLessThan(training.curve[0]!.loss);
    expect(test.accuracy).toBeGreaterThan(0.5);
    const counts = test.confusion.flat();
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(data.testExamples);
    expect(test.confusion.reduce((sum, row, label) => sum + row[label]!, 0)).toBe(data.testExamples - test.mistakes);
    expect(profile.kernels.find(({ name }) => name === 'XLinear')?.gflopsPerSecond).toBeGreaterThan(0);
    const { formats, accuracies } = report.fewerBits;
    expect(formats.map(({ scheme }) => scheme)).toEqual(['float', 'int8', 'int4']);
    expect(formats[0]!.accuracy).toBeCloseTo(test.accuracy, 6);
    for (const { accuracy } of formats) expect(accuracy).toBeGreaterThan(test.accuracy - 0.02);
    expect(formats[1]!.bytes / formats[0]!.bytes).toBeLessThan(0.26);
    expect(formats[2]!.bytes / formats[0]!.bytes).toBeLessThan(0.14);
    expect(accuracies.map(({ bits }) => bits)).toEqual([8, 7, 6, 5, 4, 3, 2]);
    expect(report.comparison).toBeUndefined();
  });

  it('shows them on a page that needs nothing else', async () => {
    const text = await readFile(join(out, 'report.html'), 'utf8');
    const { document } = parseHTML(text);
    expect(document.querySelectorAll('script, link, iframe')).toHaveLength(0);
    for (const image of document.querySelectorAll('img')) expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,iVBOR/);
    expect(document.querySelectorAll('img')).toHaveLength(report.test.surestMistakes.length);
    expect(document.querySelectorAll('svg.chart')).toHaveLength(4);
    expect(document.querySelector('.summary dd')?.textContent).toBe(`${(report.test.accuracy * 100).toFixed(2)} %`);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('saves the network under the names of its variables', async () => {
    const { tensors, metadata } = await loadSafetensors(join(out, 'model.safetensors'));
    expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual({
      '0.weight': [784, 256],
      '0.bias': [256],
      '1.weight': [256, 10],
      '1.bias': [10],
    });
    expect(metadata).toMatchObject({ layers: '784-256-10' });
    tf.dispose(tensors);
  });
});

it('trains the convolutional network, and says why nothing is compared', async () => {
  const out = join(directory, 'cnn');
  const { code, stdout } = await demo('--model', 'cnn', '--epochs', '1', '--train-examples', '2000', '--out', out);
  expect(code).toBe(0);
  expect(stdout).toContain('conv 3x3x32, pool, conv 3x3x64, pool, dense 128, dense 10, 225,034 parameters');
  expect(stdout).toMatch(/Compared +with nothing/);
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
  expect(report.test.accuracy).toBeGreaterThan(0.5);
});

it('shows its options for --help', async () => {
  const { code, stdout } = await demo('--help');
  expect(code).toBe(0);
  for (const option of ['epochs', 'model', 'seed', 'threads', 'out', 'help', 'batch', 'tier', 'no-compare', 'train-examples'])
    expect(stdout).toContain(`--${option}`);
});

it('refuses a wrong option before anything is loaded', async () => {
  const { code, stdout, stderr } = await demo('--model', 'rnn');
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain("'--model <name>'");
});

it('refuses a file as --out', async () => {
  const file = join(directory, 'file');
  await writeFile(file, 'kept');
  const { code, stderr } = await demo('--out', file);
  expect(code).toBe(1);
  expect(stderr).toContain(`'--out <directory>': '${file}' is a file`);
  expect(await readFile(file, 'utf8')).toBe('kept');
});

it('leaves no file when it is interrupted', async () => {
  const out = join(directory, 'interrupted');
  const child = spawn(process.execPath, args('--no-compare', '--model', 'linear', '--epochs', '50', '--out', out));
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += String(text)));
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += String(text);
    if (/^ +1 /m.test(stdout)) child.kill('SIGINT');
  });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(130);
  expect(stderr).toContain('Interrupted');
  expect(await readdir(out)).toEqual([]);
});

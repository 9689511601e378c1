import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadSafetensors, random } from '@x/tensor';
import { restoreTopology, sparseLayers } from '@x/sparse';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import type { Report } from '../src/report/report.ts';
import { sparseNetwork } from '../src/sparse-network.ts';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

it('--model sparse trains the sparse network beside the dense one, and reports and saves it', async () => {
  const out = await mkdtemp(join(tmpdir(), 'demo-'));
  try {
    const options = ['--model', 'sparse', '--epochs', '2', '--train-examples', '2560', '--no-compare', '--seed', '3', '--out', out];
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@x/source', program, ...options]);
    expect(stdout.match(/^ +\d+ +\d\.\d{4}/gm)).toHaveLength(4);
    const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report;
    const { sparse, dense, denseTraining, inputLinks, degrees, density } = report.sparse!;
    // 5 % of the hidden weights, to one a layer, the dense output and the biases.
    const hidden = 784 * 1024 + 1024 * 1024;
    expect(Math.abs(report.network.parameters - (0.05 * hidden + 10_240 + 2058))).toBeLessThanOrEqual(2);
    expect(density).toBeCloseTo(0.05, 3);
    expect(dense.inferenceFlops).toBe(2 * (784 * 1024 + 1024 * 1024 + 10_240));
    // 5 % of the hidden weights and the dense output.
    expect(sparse.inferenceFlops / dense.inferenceFlops).toBeCloseTo(0.055, 3);
    expect(sparse.bytes).toBeLessThan(dense.bytes / 8);
    expect(denseTraining.epochs).toHaveLength(2);
    // Chance is 0.1.
    expect(Math.min(sparse.testAccuracy, dense.testAccuracy)).toBeGreaterThan(0.5);
    expect(inputLinks.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    const sums = inputLinks.map(({ links }) => links.reduce((sum, count) => sum + count, 0));
    expect(new Set([...sums, degrees[0]!.inDegrees.reduce((sum, count) => sum + count, 0)]).size).toBe(1);
    expect(inputLinks[2]!.links).not.toEqual(inputLinks[0]!.links);

    const html = await readFile(join(out, 'report.html'), 'utf8');
    const { document } = parseHTML(html);
    const titles = [...document.querySelectorAll('h2')].map(({ textContent }) => textContent);
    expect(titles).toEqual(expect.arrayContaining(['Sparse beside dense', 'Test accuracy of both', 'Links that leave each pixel']));
    expect(document.querySelectorAll('img[alt^="links of each pixel"]')).toHaveLength(3);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);

    await tf.setBackend('cpu');
    const { tensors } = await loadSafetensors(join(out, 'model.safetensors'));
    const net = sparseNetwork([784, 1024, 1024, 10], random.key(0));
    restoreTopology(net, tensors);
    const first = sparseLayers(net)[0]!.layer.pattern;
    expect([...first.indices].filter((column) => column === 400)).toHaveLength(inputLinks[2]!.links[400]!);
    net.dispose();
    tf.dispose(tensors);
  } finally {
    await rm(out, { recursive: true });
  }
});

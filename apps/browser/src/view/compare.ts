import { wrap } from 'comlink';
import type { EnableOptions } from '@x/tensor';
import type { Comparison } from '../comparison/worker.ts';
import type { ModelName } from '../training/model-names.ts';
import { comparisonTable, type ComparisonRow } from './comparison-table.ts';
import { element } from './elements.ts';

const backends = ['x', 'webgl', 'wasm', 'cpu'];
/** A backend that takes longer for its few steps is given up. */
const PATIENCE_MS = 120_000;

/** Measures each backend in a thread of its own, which ends then, and shows the results as they come. */
export async function compare(model: ModelName, options: EnableOptions): Promise<void> {
  const note = element('comparing');
  const results = element('results');
  const rows: ComparisonRow[] = [];
  for (const backend of backends) {
    note.textContent = `Measuring ${backend} …`;
    rows.push({ backend, outcome: await measure(backend, model, options) });
    results.replaceChildren(comparisonTable(rows));
    results.hidden = false;
  }
  note.textContent = 'Medians of training steps; a slow backend gets fewer images in a step.';
}

async function measure(backend: string, model: ModelName, options: EnableOptions): Promise<ComparisonRow['outcome']> {
  const worker = new Worker(new URL('../comparison/worker.ts', import.meta.url), { type: 'module' });
  try {
    const failure = new Promise<never>((_, reject) => {
      worker.addEventListener('error', ({ message }) => reject(new Error(message || 'its thread could not be loaded')));
      setTimeout(() => reject(new Error(`took longer than ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    });
    return await Promise.race([wrap<Comparison>(worker).measure(backend, model, options), failure]);
  } catch (error) {
    return `can’t: ${(error as Error).message}`;
  } finally {
    worker.terminate();
  }
}

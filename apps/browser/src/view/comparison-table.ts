import type { BackendSpeed } from '../comparison/measure.ts';
import { make } from './elements.ts';
import { count } from './format.ts';

export interface ComparisonRow {
  readonly backend: string;
  /** What was measured, or why nothing was. */
  readonly outcome: BackendSpeed | string;
}

/** The backends' speeds; ratios are to the first row. */
export function comparisonTable(rows: readonly ComparisonRow[]): HTMLElement {
  const first = rows[0]?.outcome;
  const base = typeof first === 'object' ? first.imagesPerSecond : undefined;
  const heads = ['backend', 'images/s', 'a step takes', 'x is faster'].map((text) => make('th', { scope: 'col' }, text));
  return make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...heads)),
    make(
      'tbody',
      {},
      ...rows.map(({ backend, outcome }) => {
        const name = make('th', { scope: 'row' }, backend);
        if (typeof outcome === 'string') return make('tr', {}, name, make('td', { class: 'words', colspan: '3' }, outcome));
        const { imagesPerSecond, millisecondsPerStep, batch } = outcome;
        const ratio = base === undefined || outcome === first ? '' : `${count(base / imagesPerSecond)} ×`;
        const step = `${count(millisecondsPerStep)} ms of ${batch}`;
        return make('tr', {}, name, make('td', {}, count(imagesPerSecond)), make('td', {}, step), make('td', { class: 'best' }, ratio));
      }),
    ),
  );
}

import { make } from './elements.ts';
import { percent } from './format.ts';

/** A bar a class. Returns how to show probabilities, or none. */
export function probabilityBars(list: HTMLElement, classes: readonly string[]): (probabilities: readonly number[] | undefined) => void {
  const rows = classes.map((name) => {
    const bar = make('i');
    const value = make('span', { class: 'value' }, '');
    const row = make('li', {}, make('span', {}, name), make('span', { class: 'bar', 'aria-hidden': 'true' }, bar), value);
    return { row, bar, value };
  });
  list.replaceChildren(...rows.map(({ row }) => row));
  return (probabilities) => {
    const most = probabilities ? Math.max(...probabilities) : 0;
    rows.forEach(({ row, bar, value }, index) => {
      const part = probabilities?.[index];
      bar.style.setProperty('--part', String(part ?? 0));
      value.textContent = part === undefined ? '' : percent(part);
      row.classList.toggle('best', part !== undefined && part === most);
    });
  };
}

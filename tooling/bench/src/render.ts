import { tabulate } from './format.ts';
import type { BenchResults } from './results.ts';

/** Results as Markdown: a table for each group of comparisons with the same columns, and what they were measured on. */
export function renderMarkdown({ run, comparisons }: BenchResults): string {
  const tables: string[] = [];
  let previous = '';
  for (const comparison of comparisons) {
    const { heading, rows } = tabulate(comparison);
    const head = `| | ${heading.map(cell).join(' | ')} |\n|---|---|${'---:|'.repeat(heading.length - 1)}`;
    const body = rows.map((row, index) => `| ${index === 0 ? cell(comparison.name) : ''} | ${row.map(cell).join(' | ')} |`).join('\n');
    tables.push(head === previous ? body : `${tables.length > 0 ? '\n' : ''}${head}\n${body}`);
    previous = head;
  }
  const { cpu, cores, node, date, commit, load, command } = run;
  return `${tables.join('\n')}\n\n\`${command}\`, ${date.slice(0, 10)}, ${cpu}, ${cores} cores, Node ${node}, load before ${load}, commit ${commit}.`;
}

/**
 * Replaces what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` by the table of the results called NAME.
 *
 * @throws Error for a marker without its end, and for a name without results.
 */
export function renderTables(markdown: string, results: ReadonlyMap<string, BenchResults>): string {
  const ends = [...markdown.matchAll(/<!-- \/bench:([\w.-]+) -->/g)].map(([, name]) => name!);
  const starts = [...markdown.matchAll(/<!-- bench:([\w.-]+) -->/g)].map(([, name]) => name!);
  for (const name of starts) if (!ends.includes(name)) throw new Error(`<!-- bench:${name} --> has no <!-- /bench:${name} --> after it.`);
  for (const name of ends) if (!starts.includes(name)) throw new Error(`<!-- /bench:${name} --> has no <!-- bench:${name} --> before it.`);
  return markdown.replaceAll(/(<!-- bench:([\w.-]+) -->)[^]*?(<!-- \/bench:\2 -->)/g, (_, start: string, name: string, end: string) => {
    const found = results.get(name);
    if (!found)
      throw new Error(
        `<!-- bench:${name} -->: there is no bench/results/${name}.json; there are ${[...results.keys()].join(', ') || 'no results'}.`,
      );
    return `${start}\n${renderMarkdown(found)}\n${end}`;
  });
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

import { requireList, requireNumber, requireObject, requireText } from '../validation.ts';

/** Text safe inside HTML elements and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const aNumber = /^-?[\d.]+(e-?\d+)? ?[^\d\s]*$/;

/** A table with a header; numbers, also with a unit behind them, are right-aligned in columns that have a header. */
export function htmlTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  requireList('header', header);
  requireList('rows', rows).forEach((row, i) => requireList(`rows[${i}]`, row));
  const right = (cell: string | number, column: number): boolean =>
    typeof cell === 'number' || (header[column] !== '' && aNumber.test(cell));
  const cells = (tag: 'td' | 'th', row: readonly (string | number)[]): string =>
    `<tr>${row.map((cell, column) => `<${tag}${right(cell, column) ? ' class="n"' : ''}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${cells('th', header)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>`;
}

/** A page that needs nothing else: no scripts, no style sheets, no images to load. */
export function htmlPage(title: string, sections: readonly { readonly title: string; readonly body: string }[]): string {
  requireText('title', title);
  requireList('sections', sections).forEach((section, i) => requireObject(`sections[${i}]`, section));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}svg{max-width:100%;height:auto}table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}</style></head>
<body><h1>${escapeHtml(title)}</h1>
${sections.map((section) => `<section><h2>${escapeHtml(section.title)}</h2>\n${section.body}</section>`).join('\n')}
</body></html>
`;
}

/** A number with three digits and a prefixed unit: 0.00123 s is "1.23 ms". */
export function withUnit(value: number, unit: string): string {
  requireText('unit', unit);
  if (typeof value !== 'number') requireNumber('value', value);
  if (value === 0 || !Number.isFinite(value)) return `${value} ${unit}`;
  const prefixes = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
  const power = Math.max(-5, Math.min(6, Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-12)));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${prefixes[power + 5]}${unit}`;
}

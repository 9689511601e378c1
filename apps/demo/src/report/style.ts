/** The page's looks; charts and tables take their colours from here. */
export const style = `
:root { --page: #fff; --ink: #1c2024; --quiet: #5c6670; --line: #dfe3e8; --first: #2f6fb5; --second: #d2691e; --wrong: #c8452f; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14181c; --ink: #e6e9ec; --quiet: #9aa4ae; --line: #323a42; --first: #6ea8e6; --second: #f0914d; --wrong: #ee7a66; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1060px; padding: 32px 24px 48px; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; }
h2 { margin: 0 0 8px; font-size: 17px; }
header p, .note, footer { color: var(--quiet); }
header p { margin: 6px 0 0; }
.note { margin: 8px 0 0; font-size: 13px; max-width: 78ch; }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line); font-size: 13px; }
section { margin-top: 36px; min-width: 0; }
.summary { display: flex; flex-wrap: wrap; gap: 16px 40px; margin: 28px 0 0; }
.summary div { display: flex; flex-direction: column-reverse; }
.summary dt { color: var(--quiet); font-size: 13px; }
.summary dd { margin: 0; font-size: 26px; font-weight: 600; font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); column-gap: 48px; }
.chart { display: block; width: 100%; height: auto; font-size: 11px; }
.legend { margin: 0 0 4px; font-size: 13px; }
.legend span { margin-right: 14px; }
.legend span::before { content: ''; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; background: currentColor; }
.legend .first { color: var(--first); }
.legend .second { color: var(--second); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.words:last-child { white-space: normal; min-width: 28ch; }
th, td { padding: 4px 14px; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; }
thead th { color: var(--quiet); font-weight: 500; vertical-align: bottom; }
.words { text-align: left; }
.confusion th, .confusion td { padding: 4px 8px; }
.confusion tbody th { padding-left: 0; font-weight: 400; white-space: nowrap; }
.confusion td:nth-child(n + 3) { width: 52px; text-align: center; border: 1px solid var(--page); }
.right { background: color-mix(in srgb, var(--first) calc(var(--depth) * 0.55), transparent); }
.wrong { background: color-mix(in srgb, var(--wrong) var(--depth), transparent); }
.turned { height: 92px; width: 52px; white-space: nowrap; }
.turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
.confusion .turned { text-align: center; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 18px 12px; }
figure { margin: 0; font-size: 12px; line-height: 1.35; }
figcaption { margin-top: 4px; }
figcaption em { color: var(--wrong); }
img { display: block; image-rendering: pixelated; background: #000; }
`;

export interface Snippet {
  /** The line of the Markdown file on which the code starts, counted from 1. */
  readonly line: number;
  readonly code: string;
}

/**
 * The code blocks of a Markdown text that run as they stand: fences whose info string is exactly `ts` or `typescript`.
 * A block that only illustrates says more on its fence (`ts fragment`) and is left out.
 *
 * @throws Error when a fence isn't closed.
 */
export function extractSnippets(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { fence: string; line: number; runs: boolean; code: string[] } | undefined;
  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    if (open) {
      if (text.trim().startsWith(open.fence) && /^\s*(`+|~+)\s*$/.test(text)) {
        if (open.runs) snippets.push({ line: open.line, code: open.code.join('\n') });
        open = undefined;
      } else open.code.push(text);
      continue;
    }
    const start = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text);
    if (start) open = { fence: start[1]!, line: index + 2, runs: /^(ts|typescript)$/.test(start[2]!), code: [] };
  }
  if (open) throw new Error(`The code block that starts on line ${open.line} is not closed by ${open.fence}.`);
  return snippets;
}

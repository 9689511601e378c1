/**
 * Parses JSON as `JSON.parse` does, and refuses what that lets pass silently: a name that stands twice in an object, of
 * which it keeps the last, and a number that is no plain whole one (`1.0`, `1e3`, `-0`).
 *
 * @throws {SyntaxError} if the text is no JSON.
 * @throws {DuplicateNameError} if a name stands twice.
 */
export function parseStrictJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The text is known to be JSON, so its tokens are easy to tell apart.
  const open: (Set<string> | undefined)[] = [];
  const colon = /\s*:/y;
  const number = /-?\d[\d.eE+-]*/y;
  let at = 0;
  while (at < text.length) {
    const symbol = text[at] as string;
    if (symbol === '"') {
      const begin = at;
      at = endOfString(text, begin);
      colon.lastIndex = at;
      if (colon.test(text)) {
        const name = JSON.parse(text.slice(begin, at)) as string;
        const names = open.at(-1) as Set<string>;
        if (names.has(name)) throw new DuplicateNameError(name);
        names.add(name);
      }
      continue;
    }
    if (symbol === '{') open.push(new Set());
    else if (symbol === '[') open.push(undefined);
    else if (symbol === '}' || symbol === ']') open.pop();
    else if (symbol === '-' || (symbol >= '0' && symbol <= '9')) {
      number.lastIndex = at;
      const [token] = number.exec(text) as RegExpExecArray;
      if (!/^\d+$/.test(token)) throw new SyntaxError(`the number ${token} is not a plain whole one`);
      at += token.length;
      continue;
    }
    at++;
  }
  return value;
}

/** Where a string that begins at a quotation mark ends, after its last one. */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

/** A name stands twice in an object. */
export class DuplicateNameError extends Error {
  override readonly name: string = 'DuplicateNameError';

  constructor(duplicate: string) {
    super(`the name ${JSON.stringify(duplicate)} stands twice`);
  }
}

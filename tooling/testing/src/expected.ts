const number = /-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)|NaN/gi;

/**
 * Whether a printed value is the one a `// =>` comment shows. White space and the kind of quotes don't count, `...` stands for
 * anything, and a number with decimals is met by one that rounds to it: `0.69` by 0.6931, but `3` by 3 alone.
 */
export function matchesExpected(actual: string, expected: string): boolean {
  const shown: string[] = [];
  const pattern = normalize(expected)
    .split(/\.{3}|…/)
    .map((part) => {
      const numbers = part.match(number) ?? [];
      shown.push(...numbers);
      return part.split(number).map(escape).join(`(${number.source})`);
    })
    .join('.*?');
  const match = new RegExp(`^${pattern}$`, 'is').exec(normalize(actual));
  return match !== null && shown.every((text, index) => rounds(match[index + 1]!, text));
}

function rounds(actual: string, shown: string): boolean {
  const [a, e] = [Number(actual), Number(shown)];
  if (Object.is(a, e) || a === e) return true;
  const decimals = /\.(\d+)/.exec(shown)?.[1]?.length;
  if (decimals === undefined) return false;
  const exponent = Number(/e([+-]?\d+)/i.exec(shown)?.[1] ?? 0);
  return Math.abs(a - e) <= 0.5 * 10 ** (exponent - decimals) * (1 + 1e-9);
}

function normalize(text: string): string {
  return text
    .trim()
    .replaceAll(/["`]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([[\](){},:]) ?/g, '$1');
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

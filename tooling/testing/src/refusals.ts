import { describe, expect, test } from 'vitest';

/**
 * How a function is called rightly: its required parameters by name, and arguments for them, made anew for each call. Fields that an options argument must have
 * stand behind it in brackets: `'net options(density, inputShape)'`.
 */
export type Example = readonly [parameters: string, make: () => readonly unknown[]];

export interface RefusalOptions {
  /** What must be as before after a refusal, as the number of tensors. */
  readonly held?: () => number;
}

interface Parameter {
  readonly name: string;
  readonly fields: readonly string[];
}

/** What the engine says of a value that nobody looked at. */
const native =
  /^Cannot |^Invalid |is not a function|is not iterable|is not a constructor|is not defined|is not an object|^Reduce of empty|incompatible receiver|^Class constructor|does not support/;

/** Values of other kinds than an example's. */
function wrongFor(example: unknown): unknown[] {
  if (typeof example === 'number') return [undefined, null, 'text', {}];
  if (typeof example === 'string') return [undefined, null, 7, {}];
  return [undefined, null, 7, 'text'];
}

function parametersOf(text: string): Parameter[] {
  return Array.from(text.matchAll(/(\w+)(?:\(([^)]*)\))?/g), ([, name = '', fields = '']) => ({
    name,
    fields: fields.split(/[\s,]+/).filter(Boolean),
  }));
}

const shown = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? 'an empty object' : JSON.stringify(value)) ?? 'undefined';

/**
 * Tests that each exported function of a package's entries refuses arguments that are missing or of the wrong kind, by an error that names the argument.
 * Functions that take nothing required are listed as such, and classes of errors, which only the package itself makes, aren't called.
 *
 * @param entries the modules, by the names they are imported by
 * @param examples one for each exported function; those in objects (`random.key`) by their path
 */
export function refusesWrongKinds(
  entries: Readonly<Record<string, object>>,
  examples: Readonly<Record<string, Example | 'nothing required'>>,
  { held = () => 0 }: RefusalOptions = {},
): void {
  const functions = new Map(Object.values(entries).flatMap((entry) => exportedFunctions(entry)));
  test('every exported function has an example here, and every example a function', () => {
    expect(Object.keys(examples).toSorted()).toEqual([...functions.keys()].toSorted());
  });
  describe('wrong kinds of arguments are refused by name', () => {
    for (const [name, example] of Object.entries(examples)) {
      const called = functions.get(name);
      if (called === undefined || example === 'nothing required') continue;
      test(name, async () => {
        const [text, make] = example;
        await called(...make());
        const problems: string[] = [];
        const attempt = async (named: readonly string[], wrong: unknown, change: (given: unknown[]) => void): Promise<void> => {
          const given = [...make()];
          change(given);
          const before = held();
          let error: unknown;
          try {
            await called(...given);
          } catch (thrown) {
            error = thrown;
          }
          const { message } = error instanceof Error ? error : new Error(String(error));
          const title = `${named[0]} ${shown(wrong)}`;
          if (error === undefined) problems.push(`${title}: accepted`);
          else if (native.test(message) || !new RegExp(String.raw`\b(${named.join('|')})\b`).test(message))
            problems.push(`${title}: ${message}`);
          else if (held() !== before) problems.push(`${title}: ${held() - before} left over`);
        };
        for (const [i, parameter] of parametersOf(text).entries()) {
          const right = make()[i];
          // Options that are missing lack what they must say.
          for (const wrong of wrongFor(right)) await attempt([parameter.name, ...parameter.fields], wrong, (given) => (given[i] = wrong));
          for (const field of parameter.fields) {
            const fields = right as Readonly<Record<string, unknown>>;
            for (const wrong of wrongFor(fields[field]))
              await attempt([field], wrong, (given) => (given[i] = { ...fields, [field]: wrong }));
          }
        }
        expect(problems.join('\n')).toBe('');
      });
    }
  });
}

type Called = (...args: readonly unknown[]) => unknown;

function exportedFunctions(entry: object, path = ''): [string, Called][] {
  return Object.entries(entry).flatMap(([name, value]): [string, Called][] => {
    const full = path + name;
    if (typeof value === 'function') {
      const made = (value as { readonly prototype?: unknown }).prototype;
      return made instanceof Error ? [] : [[full, value as Called]];
    }
    const plain = typeof value === 'object' && value !== null && !Array.isArray(value) && path === '';
    return plain ? exportedFunctions(value as object, `${full}.`) : [];
  });
}

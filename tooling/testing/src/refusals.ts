import { engine } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';

/**
 * How a function is called rightly: its required parameters by name, and arguments for them, made anew for each call. Fields that an options argument must have
 * stand behind it in brackets: `'net options(density, inputShape)'`. What may be left out is found by itself; where the example needs it, it ends in `?`.
 */
export type Example = readonly [parameters: string, make: () => readonly unknown[]];

export interface RefusalOptions {
  /** Whether null for what may be left out is tried, too. */
  readonly nulls?: boolean;
  /** Options that may be null, as `function.option`, each with the reason. */
  readonly nullable?: Readonly<Record<string, string>>;
}

type Called = (...args: readonly unknown[]) => unknown;

interface Parameter {
  readonly name: string;
  readonly optional: boolean;
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
  return Array.from(text.matchAll(/(\w+)(\??)(?:\(([^)]*)\))?/g), ([, name = '', optional, fields = '']) => ({
    name,
    optional: optional !== '',
    fields: fields.split(/[\s,]+/).filter(Boolean),
  }));
}

/** What a function declares, in order: names, and `options` for what is taken apart on the way in. */
function declared(called: Called): string[] {
  const source = called.toString();
  if (source.startsWith('class')) return [];
  const start = source.indexOf('(');
  const names: string[] = [];
  let [depth, from] = [0, start + 1];
  for (let i = start; i < source.length; i++) {
    const c = source[i]!;
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c)) depth--;
    if (depth === 0 || (depth === 1 && c === ',')) {
      const text = source.slice(from, i).trim();
      if (text !== '' && !text.startsWith('...')) names.push(/^\w+/.exec(text)?.[0] ?? 'options');
      from = i + 1;
      if (depth === 0) break;
    }
  }
  return names;
}

/** The fields of its options that a function asks for. */
async function asked(options: object, call: (watched: object) => unknown): Promise<string[]> {
  const names = new Set<string>();
  await call(
    new Proxy(options, {
      get: (target, name) => {
        if (typeof name === 'string') names.add(name);
        return Reflect.get(target, name);
      },
    }),
  );
  return [...names];
}

const shown = (value: unknown): string =>
  (typeof value === 'object' && value !== null ? 'an empty object' : JSON.stringify(value)) ?? 'undefined';

/** What tfjs holds; `tf.memory()` says the same, but only where a backend runs. */
function held(): { readonly tensors: number; readonly bytes: number } {
  const { numTensors, numBytes } = engine().state;
  return { tensors: numTensors, bytes: numBytes };
}

/**
 * Calls a function rightly once, then as `refusesWrongKinds` says; `nullable` are the arguments and options of this function that may be null.
 *
 * @returns a line for each call that was not refused by an error that names the argument, or after which tfjs held other tensors or bytes than before.
 */
export async function refusalProblems(
  called: Called,
  example: Example | 'nothing required',
  { nulls = false, nullable = [] }: { readonly nulls?: boolean; readonly nullable?: readonly string[] } = {},
): Promise<string[]> {
  const [text, make] = example === 'nothing required' ? (['', () => []] as const) : example;
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
    const after = held();
    if (error === undefined) problems.push(`${title}: accepted`);
    else if (native.test(message) || !new RegExp(String.raw`\b(${named.join('|')})\b`).test(message)) problems.push(`${title}: ${message}`);
    else if (after.tensors !== before.tensors || after.bytes !== before.bytes)
      problems.push(`${title}: ${after.tensors - before.tensors} tensors and ${after.bytes - before.bytes} bytes left over`);
  };
  const parameters = parametersOf(text);
  for (const [i, parameter] of parameters.entries()) {
    const right = make()[i];
    // Options that are missing lack what they must say.
    for (const wrong of wrongFor(right))
      if (wrong !== undefined || !parameter.optional)
        await attempt([parameter.name, ...parameter.fields], wrong, (given) => (given[i] = wrong));
    for (const field of parameter.fields) {
      const fields = right as Readonly<Record<string, unknown>>;
      for (const wrong of wrongFor(fields[field])) await attempt([field], wrong, (given) => (given[i] = { ...fields, [field]: wrong }));
    }
  }
  for (const [i, parameter] of nulls ? declared(called).entries() : []) {
    const listed = parameters[i];
    const spared = (what: string): boolean => nullable.includes(what);
    if (listed === undefined && !spared(parameter))
      for (const wrong of parameter === 'options' ? [null, 7, 'text'] : [null])
        await attempt([parameter], wrong, (given) => (given[i] = wrong));
    if (parameter !== 'options') continue;
    const right = (make()[i] ?? {}) as object;
    const given = [...make()];
    const fields = await asked(right, (watched) => {
      given[i] = watched;
      return called(...given);
    });
    for (const field of fields)
      if (!listed?.fields.includes(field) && !spared(field))
        await attempt([field], null, (args) => (args[i] = { ...right, [field]: null }));
  }
  return problems;
}

/**
 * Tests that each exported function of a package's entries refuses arguments that are missing or of the wrong kind, by an error that names the argument,
 * and that a refusal leaves nothing behind. What may be left out is refused when it is null: an optional argument, `options` as a whole, and each option that the function asks for.
 * Functions that take nothing required are listed as such, and classes of errors, which only the package itself makes, aren't called.
 *
 * @param entries the modules, by the names they are imported by
 * @param examples one for each exported function; those in objects (`random.key`) by their path
 */
export function refusesWrongKinds(
  entries: Readonly<Record<string, object>>,
  examples: Readonly<Record<string, Example | 'nothing required'>>,
  { nulls = false, nullable = {} }: RefusalOptions = {},
): void {
  const functions = exportedFunctions(entries);
  const nullableOf = (name: string): string[] =>
    Object.keys(nullable).flatMap((path) => (path.startsWith(`${name}.`) ? [path.slice(name.length + 1)] : []));
  test('every exported function has an example here, and every example a function', () => {
    expect(Object.keys(examples).toSorted()).toEqual([...functions.keys()].toSorted());
  });
  describe('wrong kinds of arguments are refused by name', () => {
    for (const [name, example] of Object.entries(examples)) {
      const called = functions.get(name);
      if (called === undefined) continue;
      test(name, async () => {
        const problems = await refusalProblems(called, example, { nulls, nullable: nullableOf(name) });
        expect(problems, problems.join('\n')).toEqual([]);
      });
    }
  });
}

/** All functions of a package's entries, by their path. */
export function exportedFunctions(entries: Readonly<Record<string, object>>): Map<string, Called> {
  return new Map(Object.values(entries).flatMap((entry) => functionsOf(entry)));
}

function functionsOf(entry: object, path = ''): [string, Called][] {
  return Object.entries(entry).flatMap(([name, value]): [string, Called][] => {
    const full = path + name;
    if (typeof value === 'function') {
      const made = (value as { readonly prototype?: unknown }).prototype;
      return made instanceof Error ? [] : [[full, value as Called]];
    }
    const plain = typeof value === 'object' && value !== null && !Array.isArray(value) && path === '';
    return plain ? functionsOf(value as object, `${full}.`) : [];
  });
}

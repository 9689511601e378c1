import { describe } from '../ops/arguments.ts';
import { fold } from '../random/key.ts';
import type { ApplyContext, Layer, NamedVariables } from './layer.ts';

/** The variables of parts, under `part.name`. */
export function variablesOfParts(parts: Readonly<Record<string, Layer>>): NamedVariables {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([part, { variables }]) =>
      Object.entries(variables).map(([name, variable]) => [`${part}.${name}`, variable]),
    ),
  );
}

/** Layers made one after another; if one can't be made, those before it are disposed. */
export function makeParts(...makers: readonly (() => Layer)[]): Layer[] {
  const made: Layer[] = [];
  try {
    for (const make of makers) made.push(make());
    return made;
  } catch (error) {
    for (const layer of made) layer.dispose();
    throw error;
  }
}

/** A context with a key of the part's own. */
export function contextOfPart(context: ApplyContext, index: number): ApplyContext {
  return context.key ? { ...context, key: fold(context.key, index) } : context;
}

/** @throws {TypeError} unless there is a layer for each name and no other. */
export function checkParts(where: string, parts: Readonly<Record<string, Layer>>, names: readonly string[]): void {
  for (const name of names)
    checkPart(`${where}.withParts`, `parts.${name}`, (parts as Readonly<Record<string, unknown>> | undefined)?.[name]);
  for (const name of Object.keys(parts))
    if (!names.includes(name))
      throw new TypeError(`${where}.withParts: parts has ${describe(name)}, but its parts are ${names.join(', ')}.`);
}

/** @throws {TypeError} if the argument is no layer. */
export function checkPart(where: string, name: string, layer: unknown): void {
  const { apply, variables } = (layer ?? {}) as Partial<Layer>;
  if (typeof apply !== 'function' || typeof variables !== 'object')
    throw new TypeError(`${where}: ${name} is ${describe(layer)}, but must be a layer, an object with variables and apply.`);
}

import { add, Tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Layer } from '../../layers/layer.ts';
import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkChoice, describe } from '../../ops/arguments.ts';
import { checkLayer } from '../../train/train-step.ts';
import { rawToTensor, type RawTensor } from '../raw-tensor.ts';
import { conventions, separators, shapeOfOurs, toOurs, type Convention, type ConventionName, type Source } from './convention.ts';

export interface ImportWeightsOptions {
  /**
   * Whose weights they are: `pytorch` (state dicts as safetensors, ONNX models that PyTorch exported) or `keras` (tfjs models). Default
   * `pytorch`.
   */
  readonly from?: ConventionName;
  /**
   * Their name of each layer of ours that has variables, by its place, such as `{ '0': 'features.0', '2': 'classifier' }`.
   * A layer that isn't named has the same name there.
   */
  readonly names?: Readonly<Record<string, string>>;
  /** Whether tensors that belong to no variable are passed over. Default false: they are refused, but for PyTorch's counts of batches. */
  readonly partial?: boolean;
}

/** A variable of a layer, and where it is in a network. */
interface Place {
  readonly layer: string;
  readonly kind: string;
  readonly name: string;
  readonly variable: Variable;
}

/** A variable and the tensor that it is to have. */
interface Match {
  readonly variable: Variable;
  readonly source: Source;
  readonly theirs: Tensor | RawTensor;
  /** What is added to it. */
  readonly plus: Tensor | RawTensor | undefined;
}

/**
 * Gives a network's variables weights from elsewhere: finds each by its layer's name there, and turns axes that are in another order.
 *
 * Values of other float dtypes (F16, BF16, F64) become float32.
 *
 * @param tensors What was read: of safetensors `{ ...tensors, ...raw }`, `decodeOnnxWeights`' or {@link loadTfjsWeights}' tensors.
 * @throws {RangeError | TypeError} if a variable's tensor is missing or of another shape, or a tensor belongs to no variable; nothing is
 * changed then.
 * @example
 * const { tensors, raw } = await loadSafetensors('resnet.safetensors');
 * importWeights(net, { ...tensors, ...raw }, { from: 'pytorch', names: { '0': 'conv1', '1': 'bn1' } });
 */
export function importWeights(net: Layer, tensors: Readonly<Record<string, Tensor | RawTensor>>, options: ImportWeightsOptions = {}): void {
  const { from = 'pytorch', names = {}, partial = false } = checkOptions('importWeights', options);
  const where = 'importWeights';
  checkLayer(where, net);
  checkChoice(where, 'from', from, Object.keys(conventions));
  const places = [...placesOf(net, '', conventions[from])];
  const layers = new Set(places.map(({ layer }) => layer));
  const unknown = Object.keys(names).filter((layer) => !layers.has(layer));
  if (unknown.length > 0)
    throw new RangeError(`${where}: names has ${unknown.join(', ')}, but the layers with variables are ${[...layers].join(', ')}.`);
  const matches = new Map<string, Match>();
  const used = new Set<string>();
  const problems: string[] = [];
  for (const { layer, kind, name, variable } of places) {
    const source = conventions[from][kind]?.[name] ?? { name };
    const prefix = Object.hasOwn(names, layer) ? (names[layer] as string) : layer;
    const nameOf = (own: string): string => (prefix === '' ? own : `${prefix}${separators[from]}${own}`);
    const given = (own: string): Tensor | RawTensor | undefined => (Object.hasOwn(tensors, own) ? tensors[own] : undefined);
    const wanted = nameOf(source.name);
    const theirs = given(wanted);
    const added = source.plus === undefined ? undefined : nameOf(source.plus);
    const plus = added === undefined ? undefined : given(added);
    if (theirs === undefined) problems.push(`there is no '${wanted}' for ${kind}'s ${joined(layer, name)}`);
    else {
      const shape = shapeOfOurs(source, theirs.shape, variable.shape);
      if (added !== undefined && plus?.shape.join() !== theirs.shape.join())
        problems.push(
          `'${added}' is ${plus ? `[${plus.shape.join(', ')}]` : 'not there'}, but is added to '${wanted}', [${theirs.shape.join(', ')}]`,
        );
      if (shape.join() !== variable.shape.join())
        problems.push(
          `'${wanted}' is [${theirs.shape.join(', ')}], which gives [${shape.join(', ')}], but ${joined(layer, name)} is [${variable.shape.join(', ')}]`,
        );
      matches.set(wanted, { variable, source, theirs, plus });
      if (added !== undefined) used.add(added);
    }
  }
  const left = Object.keys(tensors).filter((name) => !matches.has(name) && !used.has(name) && !name.endsWith('num_batches_tracked'));
  if (!partial && left.length > 0)
    problems.push(
      `${left.slice(0, 8).join(', ')}${left.length > 8 ? ` and ${left.length - 8} more` : ''} belong to no variable (partial passes over them)`,
    );
  if (problems.length > 0) throw new RangeError(`${where}: ${problems.join('; ')}. Name the layers with the option names.`);
  assignAll([...matches.values()]);
}

/** Nothing is assigned before everything is converted. */
function assignAll(matches: readonly Match[]): void {
  const made: Tensor[] = [];
  try {
    for (const { variable, source, theirs, plus } of matches)
      made.push(
        tidy(() => {
          const [whole, added] = [theirs, plus].map((given) =>
            given === undefined || given instanceof Tensor ? given : rawToTensor(given),
          );
          for (const tensor of [whole, added])
            if (tensor && tensor.dtype !== variable.dtype)
              throw new TypeError(`importWeights: a tensor is ${describe(tensor)}, but its variable ${variable.dtype}; convert it before.`);
          return toOurs(source, added ? add(whole as Tensor, added) : (whole as Tensor), variable.shape);
        }),
      );
    matches.forEach(({ variable }, index) => variable.assign(made[index] as Tensor));
  } finally {
    for (const tensor of made) tensor.dispose();
  }
}

/** The variables of a layer, or those of its parts if it has some and isn't known as a whole, as attention is to PyTorch. */
function* placesOf(layer: Layer, path: string, convention: Convention): Generator<Place> {
  const { layers } = layer as { layers?: readonly Layer[] };
  const parts = layer.parts ?? (Array.isArray(layers) ? Object.fromEntries((layers as readonly Layer[]).entries()) : undefined);
  if (parts && !convention[layer.kind]) {
    for (const [name, part] of Object.entries(parts)) yield* placesOf(part, joined(path, name), convention);
    return;
  }
  for (const [name, variable] of Object.entries(layer.variables)) {
    // What is inside would get our names and axes, where square weights would be wrong and nobody be told.
    if (name.includes('.') && !convention[layer.kind]?.[name])
      throw new TypeError(
        `importWeights: '${joined(path, name)}' is inside a layer of kind '${layer.kind}' that doesn't show its parts; give its weights with assignVariables().`,
      );
    yield { layer: path, kind: layer.kind, name, variable };
  }
}

function joined(layer: string, name: string): string {
  return layer === '' ? name : `${layer}.${name}`;
}

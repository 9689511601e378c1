import { dispose, Tensor } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { describe } from '../ops/arguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { checkKey, type Key } from '../random/key.ts';
import type { FitPosition } from '../train/fit-position.ts';
import { checkAssignable } from './assign-variables.ts';
import type { FileLocation } from './byte-source.ts';
import type { RawTensor } from './raw-tensor.ts';
import { SafetensorsError } from './safetensors-error.ts';
import { loadSafetensors, saveSafetensors } from './safetensors-file.ts';
import type { NamedTensors } from './safetensors.ts';

/** What training is in the middle of. */
export interface Training {
  /** Of the network, also those that aren't trained. */
  readonly variables: NamedVariables;
  /** Of the optimizer. */
  readonly state?: OptimizerState;
  /** How far {@link fit} is; from an event. */
  readonly position?: FitPosition;
  /** A key that a training loop of one's own draws from. */
  readonly key?: Key;
  /** What else is needed, such as the topology of sparse layers. */
  readonly tensors?: NamedTensors;
  /** Text. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a checkpoint holds beside the values of variables and state. */
export interface Checkpoint {
  readonly position?: FitPosition;
  readonly key?: Key;
  /** Whoever reads it disposes them. */
  readonly tensors: Record<string, Tensor>;
  readonly raw: Record<string, RawTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Beside the tensors, as JSON. */
interface Progress {
  readonly version: 1;
  readonly steps?: Steps;
  readonly position?: FitPosition;
  readonly key?: Key;
}

/** The steps of an optimizer's state and of its parts. */
interface Steps {
  readonly step: number;
  readonly parts?: readonly Steps[];
}

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';
const EXTRA = 'extra.';
const PROGRESS = 'checkpoint';

/**
 * Saves all that training needs to go on, bit for bit, as one safetensors file, in Node. The file appears as a whole or not
 * at all, also when the process is killed meanwhile; what it holds is as it was at the call, also when training goes on.
 *
 * The variables are saved under `model.<name>`, the optimizer's slots under `optimizer.<slot>.<name>`, other tensors under
 * `extra.<name>`, numbers as JSON in the metadata `checkpoint`; so any program that reads safetensors finds the weights.
 *
 * @throws {TypeError | RangeError | Error} if an argument is invalid or a tensor disposed.
 * @throws {FileWriteError} if the file can't be written; an old one is left as it was.
 * @example
 * for await (const event of fit(net, data, { optimizer, state }))
 *   if (event.type === 'epoch') await saveCheckpoint('run.safetensors', { variables: net.variables, state, position: event.position });
 */
export async function saveCheckpoint(path: string, training: Training): Promise<void> {
  const { variables, state, position, key, tensors = {}, metadata = {} } = training ?? {};
  if (typeof variables !== 'object' || variables === null || variables instanceof Tensor)
    throw new TypeError(`saveCheckpoint: variables is ${describe(variables)}, but must be variables by name, such as net.variables.`);
  if (key !== undefined) checkKey('saveCheckpoint', key);
  if (Object.hasOwn(metadata, PROGRESS))
    throw new RangeError(`saveCheckpoint: metadata may not have '${PROGRESS}', which is the checkpoint's own.`);
  const progress: Progress = {
    version: 1,
    ...(state ? { steps: stepsOf(state) } : {}),
    ...(position ? { position } : {}),
    ...(key ? { key } : {}),
  };
  await saveSafetensors(
    path,
    {
      ...prefixed(MODEL, variables),
      ...(state ? prefixed(OPTIMIZER, slotVariables(state)) : {}),
      ...prefixed(EXTRA, tensors),
    },
    { metadata: { ...metadata, [PROGRESS]: JSON.stringify(progress) } },
  );
}

/**
 * Gives variables and an optimizer's state the values of a checkpoint, and says how far training was.
 *
 * @param into The variables of a network made as the saved one was, and the state that its optimizer's `init` made.
 * @returns What else the checkpoint holds; the caller disposes its tensors.
 * @throws {SafetensorsError} if the file is no whole checkpoint.
 * @throws {RangeError | TypeError} if its names, shapes or dtypes are others than those of the variables or of the state; nothing
 * is changed then.
 * @example
 * const state = optimizer.init(trainable(net));
 * const { position } = await loadCheckpoint('run.safetensors', { variables: net.variables, state });
 * for await (const event of fit(net, data, { optimizer, state, ...(position ? { from: position } : {}) })) console.log(event.type);
 */
export async function loadCheckpoint(location: FileLocation, into: Pick<Training, 'variables' | 'state'>): Promise<Checkpoint> {
  const { tensors, raw, metadata } = await loadSafetensors(location);
  const own: Record<string, Tensor> = Object.create(null) as Record<string, Tensor>;
  try {
    const progress = readProgress(location, metadata);
    const model = withPrefix(MODEL, tensors);
    checkAssignable('loadCheckpoint', 'variables of the checkpoint', into.variables, model);
    const { state } = into;
    const slots = state ? slotVariables(state) : {};
    const saved = withPrefix(OPTIMIZER, tensors);
    if (state) {
      checkAssignable('loadCheckpoint', 'state of the checkpoint', slots, saved);
      if (!progress.steps || !sameParts(state, progress.steps))
        throw new RangeError(
          'loadCheckpoint: the checkpoint is of another optimizer; make the state as it was made then, with all parts of a chain.',
        );
    }
    // Everything fits: from here on nothing fails.
    for (const [name, variable] of Object.entries(into.variables)) variable.assign(model[name] as Tensor);
    for (const [name, variable] of Object.entries(slots)) variable.assign(saved[name] as Tensor);
    if (state && progress.steps) restoreSteps(state, progress.steps);
    const { [PROGRESS]: _, ...rest } = metadata;
    Object.assign(own, withPrefix(EXTRA, tensors));
    return {
      tensors: own,
      raw: withPrefix(EXTRA, raw),
      metadata: rest,
      ...(progress.position ? { position: progress.position } : {}),
      ...(progress.key ? { key: progress.key } : {}),
    };
  } finally {
    const kept = new Set(Object.values(own));
    dispose(Object.values(tensors).filter((value) => !kept.has(value)));
  }
}

function readProgress(location: FileLocation, metadata: Readonly<Record<string, string>>): Progress {
  const file = typeof location === 'string' || location instanceof URL ? String(location) : 'The file';
  let progress: Progress | undefined;
  try {
    progress = JSON.parse(metadata[PROGRESS] ?? 'null') as Progress;
  } catch {
    progress = undefined;
  }
  if (typeof progress !== 'object' || progress === null || progress.version !== 1)
    throw new SafetensorsError(
      'InvalidValue',
      `${file}: its metadata '${PROGRESS}' is ${describe(metadata[PROGRESS])}: this is no checkpoint that can be read here; weights alone are read by loadSafetensors().`,
    );
  return progress;
}

function slotVariables(state: OptimizerState): NamedVariables {
  return Object.fromEntries(
    Object.entries(state.slots).flatMap(([slot, variables]) =>
      Object.entries(variables).map(([name, variable]) => [`${slot}.${name}`, variable] as const),
    ),
  );
}

function stepsOf({ step, parts }: OptimizerState): Steps {
  return { step, ...(parts ? { parts: parts.map(stepsOf) } : {}) };
}

function sameParts({ parts = [] }: OptimizerState, { step, parts: saved = [] }: Steps): boolean {
  return Number.isInteger(step) && parts.length === saved.length && parts.every((part, index) => sameParts(part, saved[index] as Steps));
}

function restoreSteps(state: OptimizerState, { step, parts = [] }: Steps): void {
  state.step = step;
  state.parts?.forEach((part, index) => restoreSteps(part, parts[index] as Steps));
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

function withPrefix<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

import { Tensor } from '@tensorflow/tfjs-core';
import type { NamedVariables } from '../layers/layer.ts';
import { describe } from '../ops/arguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { checkKey, type Key } from '../random/key.ts';
import type { FitPosition } from '../train/fit-position.ts';
import type { FileLocation } from './byte-source.ts';
import { EXTRA, MODEL, OPTIMIZER, PROGRESS, slotVariables, type Progress, type Steps } from './checkpoint-layout.ts';
import type { RawTensor } from './raw-tensor.ts';
import { saveSafetensors } from './safetensors-file.ts';
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
  // Loaded by who reads files.
  const { readCheckpoint } = await import('./read-checkpoint.ts');
  return readCheckpoint(location, into);
}

function stepsOf({ step, parts }: OptimizerState): Steps {
  return { step, ...(parts ? { parts: parts.map(stepsOf) } : {}) };
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}

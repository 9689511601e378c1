import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { describe } from '../ops/arguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { checkAssignable } from './assign-variables.ts';
import type { FileLocation } from './byte-source.ts';
import { EXTRA, MODEL, OPTIMIZER, PROGRESS, slotVariables, type Progress, type Steps } from './checkpoint-layout.ts';
import type { Checkpoint, Training } from './checkpoint.ts';
import { SafetensorsError } from './safetensors-error.ts';
import { loadSafetensors } from './safetensors-file.ts';

/** What {@link loadCheckpoint} does. */
export async function readCheckpoint(location: FileLocation, into: Pick<Training, 'variables' | 'state'>): Promise<Checkpoint> {
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

function sameParts({ parts = [] }: OptimizerState, { step, parts: saved = [] }: Steps): boolean {
  return Number.isInteger(step) && parts.length === saved.length && parts.every((part, index) => sameParts(part, saved[index] as Steps));
}

function restoreSteps(state: OptimizerState, { step, parts = [] }: Steps): void {
  state.step = step;
  state.parts?.forEach((part, index) => restoreSteps(part, parts[index] as Steps));
}

function withPrefix<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../ops/argument-kinds.ts';
import { checkChoice, checkFunction, checkNumber, checkTensor, describe } from '../../ops/arguments.ts';
import { needGradients } from '../../ops/kernel.ts';
import { batchMajor } from '../../ops/recurrent/sequence.ts';
import { checkKey, type Key } from '../../random/key.ts';
import type { Initializer } from '../initializer.ts';
import { disposeVariables, type Layer, type NamedVariables, type Shape } from '../layer.ts';
import { orthogonal } from '../orthogonal.ts';
import { mapLastAxis } from '../shape.ts';
import { glorotUniform } from '../variance-scaling.ts';

export interface RecurrentOptions {
  /** Draws the weights; required, so that no two layers begin alike by accident. */
  readonly key: Key;
  /** The outputs of `all` steps, [batch, length, units], or of the `last` alone, [batch, units]. Default `all`. */
  readonly output?: 'all' | 'last';
  /** Whether the sequence is read from its end; outputs stand where their inputs do. Default false. */
  readonly reverse?: boolean;
  /** First values of the inputs' weight. Default {@link glorotUniform}. */
  readonly init?: Initializer;
  /** First values of the states' weight. Default {@link orthogonal}. */
  readonly recurrentInit?: Initializer;
}

/** State of a recurrent layer between two stretches of a sequence, each float32[batch, units]: of a GRU `hidden`, of an LSTM `cell` too. */
export interface RecurrentState {
  readonly hidden: Tensor;
  readonly cell?: Tensor;
}

/** A recurrent layer: as a layer it begins each sequence with a state of zeros. */
export interface RecurrentLayer extends Layer {
  readonly inputs: number;
  readonly units: number;
  readonly output: 'all' | 'last';
  readonly reverse: boolean;
  /**
   * Goes on from a state, by default zeros: the output, and the state for what comes next; both are new tensors, differentiable in x,
   * in the variables and in the state.
   *
   * @throws {TypeError | RangeError} if x or the state has another dtype or shape.
   */
  run(x: Tensor, state?: RecurrentState): { readonly output: Tensor; readonly state: RecurrentState };
}

/** Checked sizes and options. */
export interface RecurrentSettings extends Required<RecurrentOptions> {
  readonly inputs: number;
  readonly units: number;
}

/** @throws {TypeError | RangeError} if a size or an option is invalid. */
export function checkRecurrent(where: string, inputs: number, units: number, options: RecurrentOptions): RecurrentSettings {
  checkNumber(where, 'inputs', inputs, { least: 1, whole: true });
  checkNumber(where, 'units', units, { least: 1, whole: true });
  const { key, output = 'all', reverse = false, init = glorotUniform(), recurrentInit = orthogonal() } = checkOptions(where, options ?? {});
  checkKey(where, key);
  checkChoice(where, 'output', output, ['all', 'last']);
  if (typeof reverse !== 'boolean') throw new TypeError(`${where}: reverse is ${describe(reverse)}, but must be true or false.`);
  checkFunction(where, 'init', init);
  checkFunction(where, 'recurrentInit', recurrentInit);
  return { key, inputs, units, output, reverse, init, recurrentInit };
}

/** The hidden states of all steps [length, batch, units] in the order of the steps, and of an LSTM the cell state after the last. */
export interface RecurrentSteps {
  readonly steps: Tensor;
  readonly cell?: Tensor;
}

/** What LSTM and GRU have in common; `walk` goes through a checked sequence, and `hasCell` says whether there is a cell state. */
export function recurrentLayer<Kind extends string, Variables extends NamedVariables>(
  kind: Kind,
  { inputs, units, output, reverse }: RecurrentSettings,
  variables: Variables,
  hasCell: boolean,
  walk: (x: Tensor, state: Required<RecurrentState>) => RecurrentSteps,
): RecurrentLayer & { readonly kind: Kind; readonly variables: Variables } {
  const run: RecurrentLayer['run'] = (x, state) => {
    checkTensor(kind, 'x', x, { dtype: 'float32', shape: [null, null, inputs] });
    const [batch, length] = x.shape as [number, number, number];
    if (length === 0) throw new RangeError(`${kind}: x is ${describe(x)}, but a sequence must have at least one step.`);
    if (state !== undefined) {
      checkTensor(kind, 'state.hidden', state.hidden, { dtype: 'float32', shape: [batch, units] });
      if (hasCell) checkTensor(kind, 'state.cell', state.cell, { dtype: 'float32', shape: [batch, units] });
    }
    needGradients();
    return tf.tidy(() => {
      const none = tf.zeros([batch, units]);
      const { steps, cell } = walk(x, { hidden: state?.hidden ?? none, cell: state?.cell ?? none });
      const hidden = tf.reshape(tf.slice(steps, [length - 1, 0, 0], [1, batch, units]), [batch, units]);
      return { output: output === 'all' ? batchMajor(steps, reverse) : tf.clone(hidden), state: { hidden, ...(cell ? { cell } : {}) } };
    });
  };
  return {
    kind,
    inputs,
    units,
    output,
    reverse,
    variables,
    run,
    apply: (x) => {
      const ran = run(x);
      for (const tensor of Object.values(ran.state)) tensor.dispose();
      return ran.output;
    },
    outputShape: (shape) => {
      if (shape.length !== 3)
        throw new RangeError(`${kind}: the shape [${shape.map((size) => size ?? 'any').join(', ')}] must be [batch, length, ${inputs}].`);
      const all: Shape = mapLastAxis(kind, shape, inputs, units);
      return output === 'all' ? all : [all[0] as number | null, units];
    },
    dispose: () => disposeVariables(variables),
  };
}

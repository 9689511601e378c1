import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from '../ops/kernel.ts';

/** What tfjs records of an operation. */
interface Recorded {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  readonly gradient?: (dys: readonly (Tensor | null)[]) => Readonly<Record<string, () => Tensor>>;
}

/**
 * The value of `run()` and its gradients of the variables, undefined where it doesn't depend on one.
 *
 * What `tf.variableGrads` gives; but each tensor that was saved for the backward pass, and each gradient in between,
 * is freed as soon as it has served, while tfjs holds all of them until the end. So memory that the caches still hold is used again.
 *
 * @throws {Error} if an operation on the way has no gradient, or the value depends on none of the variables.
 */
export function valueAndGradients(
  run: () => Tensor,
  variables: readonly Variable[],
): { readonly value: Tensor; readonly gradients: (Tensor | undefined)[] } {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) throw new Error('trainStep: not while a gradient is being taken.');
  const tape: Recorded[] = [];
  try {
    const value = record(run, tape);
    return { value, gradients: backward(tape, value, variables) };
  } finally {
    // What a failure left.
    for (const { saved } of tape) tf.dispose([...saved]);
    state.activeTape = null as never;
  }
}

function record(run: () => Tensor, tape: Recorded[]): Tensor {
  const { state } = tf.engine();
  state.activeTape = tape as never;
  state.gradientDepth++;
  try {
    return tf.tidy(run);
  } finally {
    state.gradientDepth--;
  }
}

function backward(tape: Recorded[], value: Tensor, variables: readonly Variable[]): (Tensor | undefined)[] {
  // Tensors that follow from a variable; only their gradients are asked for.
  const following = new Set(variables.map(({ id }) => id));
  for (const { inputs, outputs } of tape) {
    if (!Object.values(inputs).some(({ id }) => following.has(id))) continue;
    for (const { id } of outputs) following.add(id);
  }
  const gradients = new GradientsOfTensors();
  return tf.tidy(() => {
    gradients.add(value, tf.ones(value.shape));
    for (let node = tape.at(-1); node; tape.pop(), node = tape.at(-1)) {
      const { inputs, outputs, saved } = node;
      const asked = Object.entries(inputs).filter(([, { id }]) => following.has(id));
      if (asked.length > 0 && outputs.some((output) => gradients.has(output))) {
        const given = gradientsOfInputs(
          node,
          outputs.map((output) => gradients.get(output)),
          asked.map(([name]) => name),
        );
        asked.forEach(([, input], index) => gradients.add(input, given[index] as Tensor));
      }
      for (const output of outputs) gradients.drop(output);
      tf.dispose([...saved]);
    }
    if (!variables.some((variable) => gradients.has(variable)))
      throw new Error(
        'trainStep: the loss depends on no trainable variable of the network, so there is nothing to train. Use the variables in apply() by operations that have gradients.',
      );
    return variables.map((variable) => gradients.get(variable) ?? undefined) as Tensor[];
  });
}

function gradientsOfInputs(
  { kernelName, gradient, inputs }: Recorded,
  dys: readonly (Tensor | null)[],
  names: readonly string[],
): Tensor[] {
  if (!gradient) throw new Error(`Cannot compute gradient: gradient function not found for ${kernelName}.`);
  return tf.tidy(() => {
    const rules = gradient(dys);
    const given = new Set<Tensor>();
    return names.map((name) => {
      const rule = rules[name];
      if (!rule)
        throw new Error(`Cannot backprop through input ${name} of ${kernelName}: its gradient is of ${Object.keys(rules).join(', ')}.`);
      const dx = tf.tidy(rule);
      const { shape } = inputs[name] as Tensor;
      if (dx.dtype !== 'float32' || !tf.util.arraysEqual(dx.shape, shape))
        throw new Error(`The gradient of ${kernelName} for input ${name} is ${dx.dtype} [${dx.shape}], but must be float32 [${shape}].`);
      if (dys.includes(dx)) return dx;
      // What the rule didn't make, or gives twice, is not ours to add to or to free.
      const own = tf.engine().state.activeScope.track.includes(dx) && !dx.kept && !given.has(dx);
      given.add(dx);
      return own ? dx : tf.clone(dx);
    });
  });
}

/** Sums of the gradients that have come in for each tensor. */
class GradientsOfTensors {
  readonly #sums = new Map<number, Tensor>();
  /** For how many tensors one is the sum. */
  readonly #uses = new Map<Tensor, number>();

  has({ id }: Tensor): boolean {
    return this.#sums.has(id);
  }

  get({ id }: Tensor): Tensor | null {
    return this.#sums.get(id) ?? null;
  }

  add(of: Tensor, gradient: Tensor): void {
    const sum = this.#sums.get(of.id);
    let total = gradient;
    if (sum) {
      // Where nobody else sees either, one takes the other up.
      const own = this.#uses.get(sum) === 1 && hasKernel('XAccumulate') && tf.backend().refCount(sum.dataId) === 1;
      if (own) runKernel<Tensor[]>('XAccumulate', { value: sum, addend: gradient }, {});
      total = own ? sum : tf.add(sum, gradient);
      if (own && !this.#uses.has(gradient)) gradient.dispose();
      if (!own) this.drop(of);
    }
    if (total !== sum) {
      this.#sums.set(of.id, total);
      this.#uses.set(total, (this.#uses.get(total) ?? 0) + 1);
    }
  }

  drop({ id }: Tensor): void {
    const sum = this.#sums.get(id);
    if (!sum) return;
    this.#sums.delete(id);
    const uses = (this.#uses.get(sum) as number) - 1;
    if (uses > 0) this.#uses.set(sum, uses);
    else {
      this.#uses.delete(sum);
      sum.dispose();
    }
  }
}

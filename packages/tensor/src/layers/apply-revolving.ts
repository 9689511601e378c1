import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { applyForgetting, trainableOf } from './checkpoint.ts';
import type { ApplyContext, Layer } from './layer.ts';
import { recompute, recording, watchLoss } from './recompute.ts';
import { revolveSchedule, type RevolveAction } from './revolve.ts';

/**
 * Layers one after another, of whose inputs at most `snapshots` are kept for the gradients: the others are computed again
 * from these, as seldom as can be ({@link revolveSchedule}).
 */
export function applyRevolving(layers: readonly Layer[], x: Tensor, contexts: readonly ApplyContext[], snapshots: number): Tensor {
  if (!recording()) return applyForgetting(layers, x, contexts);
  const schedule = revolveSchedule(layers.length, snapshots);
  // What comes before the first gradient is done on the way forward.
  const turn = schedule.findIndex(({ type }) => type === 'reverse');
  const variables = trainableOf(layers);
  const [first] = contexts as [ApplyContext];
  const memory = first.memory;
  const inputs = memory ? [x, memory] : [x];
  const added: boolean[] = [];
  const withGradient = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc;
    const kept = new Map<number, Tensor>();
    let values = x;
    let at = 0;
    const advance = (to: number): void => {
      for (; at < to; at++) {
        const { context, added: watched } = watchLoss(contexts[at] as ApplyContext);
        const next = (layers[at] as Layer).apply(values, context);
        added[at] = watched();
        if (values !== x && values !== next && ![...kept.values()].includes(values)) values.dispose();
        values = next;
      }
    };
    for (const action of schedule.slice(0, turn)) {
      if (action.type === 'advance') advance(action.to);
      else if (action.type === 'keep') kept.set(action.at, values);
    }
    // The state at hand, before the last layer, and those kept.
    save([values, ...kept.values(), ...(memory ? [memory] : [])]);
    advance(layers.length);
    const positions = [...kept.keys()];
    return {
      value: values === x ? tf.clone(values) : values,
      gradFunc: (dy: Tensor, [present, ...saved]: Tensor[]) => {
        const states = new Map(positions.map((position, index) => [position, saved[index] as Tensor]));
        const heard = memory ? saved.at(-1) : undefined;
        return reverseAll(
          schedule.slice(turn),
          { layers, contexts, added, variables, states, present: present as Tensor, memory: heard },
          dy,
        );
      },
    };
  });
  return withGradient(...inputs, ...variables);
}

interface Reversal {
  readonly layers: readonly Layer[];
  readonly contexts: readonly ApplyContext[];
  readonly added: readonly boolean[];
  readonly variables: readonly Variable[];
  readonly states: Map<number, Tensor>;
  readonly present: Tensor;
  readonly memory: Tensor | undefined;
}

/** The gradients of x, the memory if any, and the variables, by the rest of a schedule. */
function reverseAll(
  schedule: readonly RevolveAction[],
  { layers, contexts, added, variables, states, present, memory }: Reversal,
  dy: Tensor,
): Tensor[] {
  const sums = new Map<Tensor, Tensor>();
  const collect = (source: Tensor, gradient: Tensor): void => {
    const sum = sums.get(source);
    sums.set(source, sum ? tf.add(sum, gradient) : gradient);
  };
  const given = new Set<Tensor>([present, ...states.values()]);
  const drop = (tensor: Tensor): void => {
    if (!given.has(tensor) && ![...states.values()].includes(tensor)) tensor.dispose();
  };
  let values = present;
  let gradient = dy;
  for (const action of schedule) {
    if (action.type === 'restore') {
      drop(values);
      values = states.get(action.at) as Tensor;
    } else if (action.type === 'keep') states.set(action.at, values);
    else if (action.type === 'free') {
      const state = states.get(action.at) as Tensor;
      states.delete(action.at);
      if (state !== values) drop(state);
    } else if (action.type === 'advance') {
      for (let at = action.from; at < action.to; at++) {
        // Nothing counts a second time.
        const { addLoss: _, ...context } = contexts[at] as ApplyContext;
        const next = (layers[at] as Layer).apply(values, { ...context, ...(memory ? { memory } : {}), recomputing: true });
        drop(values);
        values = next;
      }
    } else {
      const layer = layers[action.at] as Layer;
      const own = trainableOf([layer]);
      const inputs = memory ? [values, memory] : [values];
      const gradients = recompute(
        {
          inputs,
          variables: own,
          run: ([x, other], context) => layer.apply(x as Tensor, { ...context, ...(other ? { memory: other } : {}) }),
          context: contexts[action.at] as ApplyContext,
          addsLoss: added[action.at] === true,
        },
        gradient,
      );
      if (gradient !== dy) gradient.dispose();
      gradient = gradients[0] as Tensor;
      if (memory) collect(memory, gradients[1] as Tensor);
      own.forEach((variable, index) => collect(variable, gradients[inputs.length + index] as Tensor));
    }
  }
  return [gradient, ...(memory ? [sums.get(memory) as Tensor] : []), ...variables.map((variable) => sums.get(variable) as Tensor)];
}

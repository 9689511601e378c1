import { slice, type Variable } from '@tensorflow/tfjs-core';
import { random, type Key, type Layer, type NamedVariables, type Optimizer, type OptimizerState } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { keepLargest } from '@x/tensor/sparse';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { sparseLayers, type NamedSparseLayer } from '../layers/sparse-layers.ts';
import { checkNumber, checkObject, show } from '../validation.ts';
import { applyRewiring, checkSlots } from './apply-rewiring.ts';
import { largestGradients } from './largest-gradients.ts';
import { takeBack } from './take-back.ts';
import type { LayerView, Topology } from './topology.ts';

export interface WithTopologyOptions {
  /** Draws where links grow. */
  readonly key: Key;
  /** Layers whose topology changes. Default: all sparse layers of the network. */
  readonly layers?: readonly Layer[];
  /** The optimizer's step to go on from, as its state says, where that state isn't one that `init` of the result made. Default 0. */
  readonly step?: number;
}

/**
 * An optimizer that also changes the topology of a network's sparse layers, so that any training loop does.
 *
 * Survivors keep their places in the optimizer's slots and new links begin with 0 there. All state is that of the
 * optimizer, the layers' ({@link topologyTensors} saves it) and the key: the same three give the same run, bit by bit, from any step on.
 * A layer keeps what it gathered for the next change where training is broken off, so that it can go on; disposing the layer frees it.
 * An update that throws, since gradients are NaN or the optimizer's state can't move with the links, leaves all that as it was before its step.
 *
 * @throws {TypeError | RangeError} if the network has no sparse layer, or a layer of `layers` is none of its.
 * @example
 * const optimizer = withTopology(net, rigl({ every: 100, until: 7500 }), sgd({ momentum: 0.9 }), { key: random.key(1) });
 * for await (const event of fit(net, data, { optimizer })) ...
 */
export function withTopology(net: Layer, topology: Topology, optimizer: Optimizer, options: WithTopologyOptions): Optimizer {
  checkObject('withTopology', 'options', options, ['key']);
  checkOptions('withTopology', options);
  const { key, layers, step = 0 } = options;
  const where = 'withTopology';
  if (typeof topology?.plan !== 'function')
    throw new TypeError(`${where}: topology is ${show(topology)}, but must be one, such as rigl().`);
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`${where}: optimizer is ${show(optimizer)}, but must be one, such as sgd().`);
  checkNumber(where, 'step', step, { least: 0, whole: true });
  random.fold(key, 0);
  const all = sparseLayers(net);
  const chosen = layers === undefined ? all : layers.map((layer, index) => find(where, all, layer, index));
  // Of the state it made last, or updated last; `step` is of one that it didn't make.
  let state: OptimizerState | undefined;
  let least = step;
  const now = (): number => Math.max(least, state?.step ?? 0);

  /** Forgets what was gathered at a step and after it. */
  const forget = (from: number): void => {
    for (const { layer } of chosen) layer.replaceGathered(layer.gathered.filter((seen) => seen.step < from));
  };
  const evolve = (parameters: NamedVariables, state: OptimizerState, at: number): void => {
    const views = chosen.map(({ layer }, index): LayerView => ({
      pattern: layer.pattern,
      get values() {
        return usedValues(layer);
      },
      strongest: (count) => strongest(layer, count),
      room: layer.variables.values.size,
      key: random.fold(random.fold(key, at), index),
      get slots() {
        return slotValues(parameters, state, layer);
      },
      largestGradients: (keep, count, decay = 1) => {
        if (layer.gathered.length === 0)
          throw new Error(
            `${where}: ${topology.name} saw no gradient of '${chosen[index]!.name}' in step ${at}; train with context.training, and give withTopology the step to go on from.`,
          );
        return largestGradients(layer.gathered, layer.pattern, keep, count, decay);
      },
    }));
    let index = 0;
    for (const rewiring of topology.plan(views, at)) {
      const { layer } = chosen[index++]!;
      if (rewiring) applyRewiring(layer, rewiring, Object.values(slotsOf(parameters, state, layer.variables.values)));
      divide(layer);
    }
  };

  const divide = (layer: SparseLinearLayer): void => {
    if (topology.divide) layer.divide(topology.divide(usedValues(layer), layer.pattern));
  };

  for (const { layer } of chosen) {
    layer.gather(() => (topology.watches(now()) ? now() : undefined));
    // One that goes on is divided as it was saved.
    if (layer.division === undefined) divide(layer);
  }
  return {
    init: (parameters) => (state = optimizer.init(parameters)),
    update: (parameters, gradients, own) => {
      const at = own.step;
      const due = topology.due(at);
      const replaces = due && topology.replacesStep;
      // A plan that follows the update and looks at gradients may fail by them; what it follows is taken back then.
      const before = due && !replaces && topology.watches(at) ? takeBack(parameters, own) : undefined;
      try {
        // Before the update that the change follows.
        if (due && topology.rewires !== false)
          for (const { layer } of chosen)
            checkSlots(where, layer.variables.values, Object.values(slotsOf(parameters, own, layer.variables.values)));
        if (!replaces) optimizer.update(parameters, gradients, own);
        if (due) evolve(parameters, own, at);
        if (replaces) own.step++;
      } catch (error) {
        before?.restore();
        forget(at);
        throw error;
      } finally {
        before?.dispose();
      }
      if (due) forget(0);
      state = own;
      least = 0;
    },
  };
}

function find(where: string, all: readonly NamedSparseLayer[], layer: Layer, index: number): NamedSparseLayer {
  const found = all.find((named) => named.layer === layer);
  if (!found)
    throw new RangeError(
      `${where}: layers[${index}] is of kind '${layer?.kind}' and no sparse layer of the network; there are ${all.map(({ name }) => name).join(', ')}.`,
    );
  return found;
}

function strongest({ variables: { values }, pattern: { nonZeros } }: SparseLinearLayer, count: number): Uint8Array {
  const used = values.size === nonZeros ? values : slice(values, 0, nonZeros);
  const flags = keepLargest(used, count, { by: 'magnitude' });
  if (used !== values) used.dispose();
  return flags;
}

function usedValues({ variables, pattern }: SparseLinearLayer): Float32Array {
  // A copy that nobody else has, so that the part of it is none of its own.
  return (variables.values.dataSync() as Float32Array).subarray(0, pattern.nonZeros);
}

/** The optimizer's variables that belong to a layer's values, by the slots' names. */
function slotsOf(parameters: NamedVariables, state: OptimizerState, values: Variable): Record<string, Variable> {
  const name = Object.keys(parameters).find((key) => parameters[key] === values);
  return Object.fromEntries(
    Object.entries(state.slots).flatMap(([slot, variables]) =>
      name !== undefined && variables[name] ? [[slot, variables[name]] as const] : [],
    ),
  );
}

function slotValues(
  parameters: NamedVariables,
  state: OptimizerState,
  { variables, pattern }: SparseLinearLayer,
): Readonly<Record<string, Float32Array>> {
  const slots = slotsOf(parameters, state, variables.values);
  return Object.fromEntries(
    Object.entries(slots).map(([slot, variable]) => [slot, (variable.dataSync() as Float32Array).slice(0, pattern.nonZeros)]),
  );
}

import { dispose, type Variable } from '@tensorflow/tfjs-core';
import { random, type Key, type Layer, type NamedVariables, type Optimizer, type OptimizerState } from '@x/tensor';
import type { SeenGradient, SparseLinearLayer } from '../layers/sparse-linear.ts';
import { sparseLayers, type NamedSparseLayer } from '../layers/sparse-layers.ts';
import { checkNumber, show } from '../validation.ts';
import { applyRewiring } from './apply-rewiring.ts';
import { largestGradients } from './largest-gradients.ts';
import type { LayerView, Topology } from './topology.ts';

export interface WithTopologyOptions {
  /** Draws where links grow. */
  readonly key: Key;
  /** Layers whose topology changes. Default: all sparse layers of the network. */
  readonly layers?: readonly Layer[];
  /** The optimizer's step to go on from, as its state says. Default 0. */
  readonly step?: number;
}

/**
 * An optimizer that also changes the topology of a network's sparse layers, so that any training loop does.
 *
 * Survivors keep their places in the optimizer's slots and new links begin with 0 there. All state is that of the
 * optimizer, the layers' patterns and the key: the same three give the same run.
 *
 * @throws {TypeError | RangeError} if the network has no sparse layer, or a layer of `layers` is none of its.
 * @example
 * const optimizer = withTopology(net, rigl({ every: 100, until: 7500 }), sgd({ momentum: 0.9 }), { key: random.key(1) });
 * for await (const event of fit(net, data, { optimizer })) ...
 */
export function withTopology(
  net: Layer,
  topology: Topology,
  optimizer: Optimizer,
  { key, layers, step = 0 }: WithTopologyOptions,
): Optimizer {
  const where = 'withTopology';
  if (typeof topology?.plan !== 'function')
    throw new TypeError(`${where}: topology is ${show(topology)}, but must be one, such as rigl().`);
  if (typeof optimizer?.update !== 'function')
    throw new TypeError(`${where}: optimizer is ${show(optimizer)}, but must be one, such as sgd().`);
  checkNumber(where, 'step', step, { least: 0, whole: true });
  const all = sparseLayers(net);
  const chosen = layers === undefined ? all : layers.map((layer, index) => find(where, all, layer, index));
  const seen: SeenGradient[][] = chosen.map(() => []);

  const prepare = (next: number): void => {
    const watching = topology.watches(next);
    chosen.forEach(({ layer }, index) => layer.watch(watching ? (gradient) => seen[index]!.push(gradient) : undefined));
  };
  const forget = (): void => {
    for (const gradients of seen) dispose(gradients.splice(0).flatMap(({ x, dz }) => [x, dz]));
  };
  const evolve = (parameters: NamedVariables, state: OptimizerState, at: number): void => {
    const views = chosen.map(({ layer }, index): LayerView => ({
      pattern: layer.pattern,
      get values() {
        return usedValues(layer);
      },
      room: layer.variables.values.size,
      key: random.fold(random.fold(key, at), index),
      get slots() {
        return slotValues(parameters, state, layer);
      },
      largestGradients: (keep, count, decay = 1) => {
        if (seen[index]!.length === 0)
          throw new Error(
            `${where}: ${topology.name} saw no gradient of '${chosen[index]!.name}' in step ${at}; train with context.training, and give withTopology the step to go on from.`,
          );
        return largestGradients(seen[index]!, layer.pattern, keep, count, decay);
      },
    }));
    try {
      let index = 0;
      for (const rewiring of topology.plan(views, at)) {
        const { layer } = chosen[index++]!;
        if (rewiring) applyRewiring(layer, rewiring, Object.values(slotsOf(parameters, state, layer.variables.values)));
        divide(layer);
      }
    } finally {
      forget();
    }
  };

  const divide = (layer: SparseLinearLayer): void => {
    if (topology.divide) layer.divide(topology.divide(usedValues(layer), layer.pattern));
  };

  prepare(step);
  // One that goes on is divided as it was saved.
  for (const { layer } of chosen) if (layer.division === undefined) divide(layer);
  return {
    init: (parameters) => optimizer.init(parameters),
    update: (parameters, gradients, state) => {
      const at = state.step;
      const due = topology.due(at);
      if (due && topology.replacesStep) state.step++;
      else optimizer.update(parameters, gradients, state);
      if (due) evolve(parameters, state, at);
      prepare(state.step);
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

import { keepLargest } from '@x/tensor/sparse';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { sparseLayers } from '../layers/sparse-layers.ts';
import { applyRewiring } from '../topology/apply-rewiring.ts';
import { keepAcross } from '../topology/keep-across.ts';
import { checkArray, checkChoice, checkFraction, checkFunction, checkNumber, checkObject } from '../validation.ts';

/** A network's weights at one time, to come back to: plain arrays that no dispose concerns. */
export interface Snapshot {
  /** Of each sparse layer, by position. */
  readonly layers: readonly { readonly pointers: Int32Array; readonly indices: Int32Array; readonly values: Float32Array }[];
  /** Of the other variables, by name. */
  readonly variables: Readonly<Record<string, Float32Array>>;
}

/** Takes note of a network's weights, at its first values or, for late rewinding, some steps later. */
export function takeSnapshot(net: Layer): Snapshot {
  const sparse = sparseLayers(net);
  const own = new Set(sparse.map(({ layer }) => layer.variables.values));
  return {
    layers: sparse.map(({ layer: { pattern, variables } }) => ({
      pointers: pattern.pointers,
      indices: pattern.indices,
      values: (variables.values.dataSync() as Float32Array).slice(0, pattern.nonZeros),
    })),
    variables: Object.fromEntries(
      Object.entries(net.variables)
        .filter(([, variable]) => !own.has(variable))
        .map(([name, variable]) => [name, variable.dataSync().slice() as Float32Array]),
    ),
  };
}

/**
 * Gives a network's links, those it has now, the values of a snapshot; links the snapshot hasn't get 0. Its other variables too.
 *
 * @throws {RangeError} if the snapshot is of another network; nothing is changed then.
 */
export function rewind(net: Layer, snapshot: Snapshot): void {
  checkObject('rewind', 'snapshot', snapshot, ['layers', 'variables']);
  checkArray('rewind', 'snapshot.layers', snapshot.layers);
  checkObject('rewind', 'snapshot.variables', snapshot.variables);
  const sparse = sparseLayers(net);
  const wrong = sparse.findIndex(({ layer }, index) => snapshot.layers[index]?.pointers.length !== layer.units + 1);
  if (wrong >= 0 || sparse.length !== snapshot.layers.length)
    throw new RangeError(
      `rewind: snapshot is of ${snapshot.layers.length} sparse layers of ${snapshot.layers.map(({ pointers }) => pointers.length - 1).join(', ')} units, but the network has ${sparse.map(({ layer }) => layer.units).join(', ')}; take it of the same network.`,
    );
  for (const [name, values] of Object.entries(snapshot.variables)) {
    if (net.variables[name]?.size !== values.length)
      throw new RangeError(
        `rewind: snapshot has '${name}' of ${values.length} elements, which the network has not; take it of the same network.`,
      );
  }
  sparse.forEach(({ layer: { pattern, variables } }, index) => {
    const then = snapshot.layers[index]!;
    const values = new Float32Array(variables.values.size);
    for (let row = 0; row < pattern.rows; row++) {
      let from = then.pointers[row]!;
      const end = then.pointers[row + 1]!;
      for (let q = pattern.pointers[row]!; q < pattern.pointers[row + 1]!; q++) {
        while (from < end && then.indices[from]! < pattern.indices[q]!) from++;
        if (from < end && then.indices[from] === pattern.indices[q]) values[q] = then.values[from]!;
      }
    }
    tidy(() => variables.values.assign(tensor(values, variables.values.shape)));
  });
  for (const [name, values] of Object.entries(snapshot.variables)) {
    const variable = net.variables[name]!;
    tidy(() => variable.assign(tensor(values, variable.shape, variable.dtype)));
  }
}

export interface LotteryTicketOptions {
  /** Prunings, each followed by a rewinding. */
  readonly rounds: number;
  /** Part of the links left that goes in each round. Default 0.2. */
  readonly fraction?: number;
  /** That of the last sparse layer, taken to be the output; only for scope `layer`. Default half of `fraction`, as in the paper; give `fraction` where the output is a dense layer. */
  readonly lastFraction?: number;
  /** Default `layer`, as in the paper's dense networks. */
  readonly scope?: 'layer' | 'global';
  /** What to come back to. Default: the network as it is at the call. */
  readonly snapshot?: Snapshot;
}

/** A network between two rounds. */
export interface LotteryRound {
  /** From 1. */
  readonly round: number;
  /** Part of the positions that is left, before which the network was rewound. */
  readonly density: number;
}

/**
 * Iterative magnitude pruning with rewinding: train, prune the weakest links, give those that are left their first
 * values back, and again. After each round it stands still, so that you can look; at the end the ticket is untrained.
 *
 * @param train Trains the network; with an optimizer state of its own each time.
 * @throws {RangeError} if an option is out of range, at the call.
 * @example
 * for await (const { density } of lotteryTickets(net, (net) => trained(net), { rounds: 7 })) console.log(density);
 *
 * J. Frankle, M. Carbin, "The Lottery Ticket Hypothesis", 2018, arXiv 1803.03635; late rewinding: 2019, arXiv 1903.01611.
 */
export function lotteryTickets(
  net: Layer,
  train: (net: Layer, round: number) => Promise<void>,
  options: LotteryTicketOptions,
): AsyncGenerator<LotteryRound, void, void> {
  checkFunction('lotteryTickets', 'train', train);
  checkObject('lotteryTickets', 'options', options, ['rounds']);
  checkOptions('lotteryTickets', options);
  const { rounds, fraction = 0.2, lastFraction = fraction / 2, scope = 'layer', snapshot } = options;
  checkNumber('lotteryTickets', 'rounds', rounds, { least: 1, whole: true });
  checkFraction('lotteryTickets', 'fraction', fraction);
  checkFraction('lotteryTickets', 'lastFraction', lastFraction);
  checkChoice('lotteryTickets', 'scope', scope, ['layer', 'global']);
  return run(net, train, { rounds, fraction, lastFraction, scope, snapshot: snapshot ?? takeSnapshot(net) });
}

async function* run(
  net: Layer,
  train: (net: Layer, round: number) => Promise<void>,
  { rounds, fraction, lastFraction, scope, snapshot }: Required<LotteryTicketOptions>,
): AsyncGenerator<LotteryRound, void, void> {
  for (let round = 1; round <= rounds; round++) {
    await train(net, round);
    const layers = sparseLayers(net).map(({ layer }) => layer);
    const scores = layers.map(({ variables, pattern }) =>
      (variables.values.dataSync() as Float32Array).slice(0, pattern.nonZeros).map(Math.abs),
    );
    const links = scores.reduce((sum, { length }) => sum + length, 0);
    const keeps =
      scope === 'global'
        ? keepAcross(scores, links - Math.floor(fraction * links))
        : scores.map((own, index) => {
            const part = index === scores.length - 1 ? lastFraction : fraction;
            return keepLargest(own, own.length - Math.floor(part * own.length));
          });
    keeps.forEach((keep, index) => applyRewiring(layers[index]!, { keep, grown: new Float64Array(0) }, []));
    rewind(net, snapshot);
    const positions = layers.reduce((sum, { inputs, units }) => sum + inputs * units, 0);
    yield { round, density: layers.reduce((sum, { pattern }) => sum + pattern.nonZeros, 0) / positions };
  }
}

import { layerCost } from '../graph/layer-cost.ts';
import { predecessors } from '../graph/layer-graph.ts';
import type { FormattedGraph, FormattedLayer, Operation } from '../graph/layer.ts';
import type { Exchange, Parallel } from './exchange.ts';
import { divideExperts } from './divide-experts.ts';

/** A layer's share of one chip, and what it has to exchange with others. */
export interface DividedLayer {
  readonly layer: FormattedLayer;
  /** The layers it reads, by position. */
  readonly inputs: readonly number[];
  readonly forward: readonly Exchange[];
  readonly backward: readonly Exchange[];
  /** Copies of its weights on as many chips; experts have fewer. */
  readonly expert: boolean;
}

/** Where a tensor lies: whole on every chip, or divided by features or by attention heads. */
type Place = 'whole' | 'features' | 'heads';

/**
 * Divides the layers of a graph among `parallel.tensor` chips the way of Megatron-LM: a product of something whole is divided by columns, one of something
 * divided by rows, with an all-reduce behind it; attention is divided by heads, tables by rows, experts by hidden units. What needs whole rows (layer norm, softmax)
 * gathers them. The gradient of a tensor that column-divided layers read is all-reduced once.
 * "Megatron-LM" (2019, arXiv 1909.08053). Sizes that don't divide are rounded up: the chip with most to do.
 *
 * @param graph layers in topological order, formats filled in
 */
export function divideLayers(graph: FormattedGraph, parallel: Parallel): DividedLayer[] {
  const { tensor: t, expert } = parallel;
  const before = predecessors(graph);
  const places: Place[] = [];
  const gradientReduced = new Set<number>();
  const divided: { layer: FormattedLayer; inputs: readonly number[]; forward: Exchange[]; backward: Exchange[]; expert: boolean }[] = [];
  graph.layers.forEach((layer, i) => {
    const inputs = before[i]!;
    const op = layer.operation;
    const forward: Exchange[] = [];
    const backward: Exchange[] = [];
    let result: FormattedLayer = layer;
    let place: Place = 'whole';
    if (t > 1) {
      const read = inputs.map((from) => places[from]!);
      const mixed = read.some((p) => p !== read[0]);
      const given: Place = mixed ? 'whole' : (read[0] ?? 'whole');
      const part = divideOperation(op, given, t, layer.name);
      // What is divided but must be whole is gathered, and its gradient scattered.
      if (part.gathers || mixed)
        inputs.forEach((from, which) => {
          if (read[which] === 'whole') return;
          const bytes = layerCost(graph.layers[from]!).outputBytes;
          forward.push({ collective: 'all-gather', group: 'tensor', bytes });
          backward.push({ collective: 'reduce-scatter', group: 'tensor', bytes });
        });
      if (part.reduces) forward.push({ collective: 'all-reduce', group: 'tensor', bytes: layerCost(layer).outputBytes });
      result = { ...layer, operation: part.operation };
      place = part.place;
      if (given === 'whole' && place !== 'whole') for (const from of inputs) gradientReduced.add(from);
    }
    if (op.type === 'moe' && expert > 1) {
      const share = divideExperts(layer, result, expert);
      result = share.layer;
      forward.push(...share.exchanges);
      backward.push(...share.exchanges);
    }
    places.push(place);
    divided.push({ layer: result, inputs, forward, backward, expert: op.type === 'moe' && expert > 1 });
  });
  for (const from of gradientReduced)
    if (places[from] === 'whole')
      divided[from]!.backward.push({ collective: 'all-reduce', group: 'tensor', bytes: layerCost(graph.layers[from]!).outputBytes });
  return divided;
}

interface Part {
  readonly operation: Operation;
  readonly place: Place;
  /** Whether its output is a sum over chips. */
  readonly reduces?: boolean;
  /** Whether it needs its divided input whole first. */
  readonly gathers?: boolean;
}

function divideOperation(op: Operation, given: Place, t: number, name: string): Part {
  const share = (size: number): number => Math.ceil(size / t);
  const whole = given === 'whole';
  const gathered: Part = { operation: op, place: 'whole', gathers: !whole };
  switch (op.type) {
    case 'gemm':
      if ((op.batch ?? 1) > 1) return { operation: { ...op, batch: share(op.batch!) }, place: 'heads' };
      if (op.right === 'activations') return gathered;
      if (!whole) return { operation: { ...op, k: share(op.k) }, place: 'whole', reduces: true };
      return { operation: { ...op, n: share(op.n) }, place: 'features' };
    case 'conv':
      if (!whole) return { operation: { ...op, channels: share(op.channels) }, place: 'whole', reduces: true };
      return { operation: { ...op, filters: share(op.filters) }, place: 'features' };
    case 'depthwise':
      return { operation: { ...op, channels: share(op.channels) }, place: 'features' };
    case 'attention':
      return op.heads < t ? gathered : { operation: { ...op, heads: share(op.heads) }, place: 'features' };
    case 'softmax':
      return given === 'heads' ? { operation: { ...op, rows: share(op.rows) }, place: 'heads' } : gathered;
    case 'norm':
      return op.kind === 'batch' && !whole ? { operation: { ...op, columns: share(op.columns) }, place: 'features' } : gathered;
    case 'embedding':
      return { operation: { ...op, lookups: share(op.lookups), rows: share(op.rows) }, place: 'whole', reduces: true };
    case 'moe':
      return { operation: { ...op, hiddenSize: share(op.hiddenSize) }, place: 'whole', reduces: true, gathers: !whole };
    case 'elementwise':
      return whole ? { operation: op, place: 'whole' } : { operation: { ...op, elements: share(op.elements) }, place: given };
    case 'optimizer':
      return { operation: { ...op, parameters: share(op.parameters) }, place: 'whole' };
    case 'profiled':
      throw new RangeError(
        `layer ${JSON.stringify(name)} is known by measured times only, which can't be divided; use parallel.tensor 1 or describe its operation`,
      );
  }
}

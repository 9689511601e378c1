import { ParseError } from '../parse-error.ts';
import { layerGraph, topologicalOrder } from '../graph/layer-graph.ts';
import type { LayerGraph } from '../graph/layer.ts';
import { requireOptions, requireText } from '../validation.ts';

/** A measured layer: milliseconds and bytes. */
export interface ProfiledLayer {
  readonly id: string;
  readonly description: string;
  readonly forward: number;
  readonly backward: number;
  readonly activationBytes: number;
  readonly parameterBytes: number;
  /** Positions of the layers it reads. */
  readonly inputs: readonly number[];
}

/**
 * Reads a PipeDream profile (`*.graph.txt`): lines `node1 -- Conv2d(...) -- forward_compute_time=1.0, backward_compute_time=2.0, activation_size=3.0,
 * parameter_size=4.0` (several outputs: `activation_size=[3.0; 1.0]`) and edges `<tab>node1 -- node2`. "PipeDream" (2018, arXiv 1806.03377). Mind that some profiles count data loading as the input's forward.
 *
 * @returns layers in topological order
 * @throws ParseError with file, line and reason
 */
export function readPipedreamProfile(text: string, options: { name?: string } = {}): ProfiledLayer[] {
  const { name = 'graph.txt' } = requireOptions(options);
  requireText('text', text);
  const layers: Omit<ProfiledLayer, 'inputs'>[] = [];
  const position = new Map<string, number>();
  const edges: { from: string; to: string; line: number }[] = [];
  text.split(/\r?\n/).forEach((row, i) => {
    if (row.trim() === '') return;
    if (/^\s/.test(row)) {
      const [from, to, ...more] = row.trim().split(' -- ');
      if (!from || !to || more.length > 0)
        throw new ParseError(name, i + 1, `${JSON.stringify(row.trim())} isn't an edge, expected nodeA -- nodeB`);
      edges.push({ from, to, line: i + 1 });
      return;
    }
    const [id = '', ...middle] = row.split(' -- ');
    const figures = middle.pop() ?? '';
    const figure = (key: string): number => {
      const found = new RegExp(`${key}=(?:\\[([^\\]]*)\\]|([^,]*))`).exec(figures);
      // Several outputs: their sizes in brackets.
      const value = (found?.[1]?.split(';') ?? [found?.[2] || 'missing']).reduce((sum, size) => sum + Number(size), 0);
      if (!(value >= 0 && value < Infinity)) throw new ParseError(name, i + 1, `${JSON.stringify(id)} has no ${key} of at least 0`);
      return value;
    };
    if (position.has(id)) throw new ParseError(name, i + 1, `${JSON.stringify(id)} is there twice`);
    position.set(id, layers.length);
    layers.push({
      id,
      description: middle.join(' -- '),
      forward: figure('forward_compute_time'),
      backward: figure('backward_compute_time'),
      activationBytes: figure('activation_size'),
      parameterBytes: figure('parameter_size'),
    });
  });
  if (layers.length === 0) throw new ParseError(name, 1, 'no layers');
  const inputs: number[][] = layers.map(() => []);
  for (const { from, to, line } of edges) {
    const [a, b] = [position.get(from), position.get(to)];
    if (a === undefined || b === undefined) throw new ParseError(name, line, `the edge joins ${from} and ${to}, which aren't both layers`);
    inputs[b]!.push(a);
  }
  let order: number[];
  try {
    order = topologicalOrder(inputs, (i) => layers[i]!.id);
  } catch (error) {
    throw new ParseError(name, 0, (error as Error).message);
  }
  const place = new Map(order.map((old, now) => [old, now]));
  return order.map((old) => ({ ...layers[old]!, inputs: inputs[old]!.map((from) => place.get(from)!) }));
}

/**
 * A profile as a layer graph: layers known by their measured times, for pipelines and data parallelism of what was measured.
 *
 * @param options.batch samples of the profile; 1 when left out
 * @throws ParseError with file, line and reason
 */
export function pipedreamGraph(text: string, options: { name?: string; batch?: number } = {}): LayerGraph {
  const { name = 'graph.txt', batch } = requireOptions(options);
  const profiled = readPipedreamProfile(text, { name });
  const label = (layer: ProfiledLayer): string => `${layer.id} ${layer.description}`;
  return layerGraph(
    name,
    profiled.map((layer) => ({
      name: label(layer),
      operation: {
        type: 'profiled',
        forward: layer.forward / 1e3,
        backward: layer.backward / 1e3,
        outputBytes: layer.activationBytes,
        parameterBytes: layer.parameterBytes,
      },
      inputs: layer.inputs.map((from) => label(profiled[from]!)),
    })),
    batch === undefined ? {} : { batch },
  );
}

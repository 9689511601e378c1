import { topologicalOrder } from '../graph/layer-graph.ts';
import { product, type Shape } from '../graph/shape.ts';
import { ParseError } from '../parse-error.ts';

type Json = Readonly<Record<string, unknown>>;

/** A node of a TensorFlow graph as tfjs's `model.json` has it, its attributes by kind. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** Of a placeholder; -1 for open sizes. */
  readonly shape: Shape | undefined;
  readonly lists: Readonly<Record<string, readonly number[]>>;
  readonly texts: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, boolean>>;
}

/** A weight: its shape, the bits it is stored in, and its values where they are few whole numbers and the bytes are there. */
export interface GraphConstant {
  readonly shape: Shape;
  readonly bits: number;
  readonly numbers?: readonly number[];
}

const bytesOf: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 };
const mostNumbers = 64;

/**
 * The nodes of a graph model in topological order, and its weights by name.
 *
 * @throws ParseError naming what is missing
 */
export function graphNodes(
  json: unknown,
  file: string,
  bytes: Uint8Array | undefined,
): { nodes: GraphNode[]; constants: Map<string, GraphConstant> } {
  const fail = (reason: string): never => {
    throw new ParseError(file, 0, reason);
  };
  const root = json as { modelTopology?: { node?: unknown }; weightsManifest?: unknown } | null;
  const raw = root?.modelTopology?.node;
  if (!Array.isArray(raw)) return fail('modelTopology.node is missing: it is no graph model');
  const position = new Map<string, number>();
  const nodes = (raw as Json[]).map((entry, i): GraphNode => {
    if (typeof entry?.name !== 'string' || typeof entry.op !== 'string') return fail(`node ${i} has no name or no op`);
    if (position.has(entry.name)) fail(`two nodes are named ${JSON.stringify(entry.name)}`);
    position.set(entry.name, i);
    const given = (entry.input ?? []) as string[];
    if (!Array.isArray(given) || !given.every((input) => typeof input === 'string')) fail(`the inputs of node ${i} aren't a list of names`);
    const inputs = given.filter((input) => !input.startsWith('^')).map((input) => input.split(':')[0]!);
    return { name: entry.name, op: entry.op, inputs, ...attributesOf((entry.attr as Json | undefined) ?? {}) };
  });
  const dependencies = nodes.map(({ name, inputs }) =>
    inputs.map((input) => position.get(input) ?? fail(`node ${JSON.stringify(name)} reads ${JSON.stringify(input)}, which isn't a node`)),
  );
  try {
    return {
      nodes: topologicalOrder(dependencies, (i) => nodes[i]!.name).map((i) => nodes[i]!),
      constants: constantsOf(root?.weightsManifest, bytes, fail),
    };
  } catch (error) {
    if (error instanceof ParseError) throw error;
    return fail((error as Error).message);
  }
}

/** Attributes in protobuf's JSON: numbers are texts, texts are base64. */
function attributesOf(attributes: Json): Pick<GraphNode, 'shape' | 'lists' | 'texts' | 'flags'> {
  const lists: Record<string, number[]> = {};
  const texts: Record<string, string> = {};
  const flags: Record<string, boolean> = {};
  let shape: number[] | undefined;
  for (const [name, value] of Object.entries(attributes) as [
    string,
    { list?: { i?: unknown[] }; s?: string; b?: boolean; shape?: { dim?: ({ size?: unknown } | null)[] } },
  ][]) {
    if (Array.isArray(value?.list?.i)) lists[name] = value.list.i.map(Number);
    if (typeof value?.s === 'string') texts[name] = atob(value.s);
    if (typeof value?.b === 'boolean') flags[name] = value.b;
    if (name === 'shape' && value?.shape) shape = (value.shape.dim ?? []).map((axis) => Number(axis?.size ?? -1));
  }
  return { shape, lists, texts, flags };
}

function constantsOf(manifest: unknown, bytes: Uint8Array | undefined, fail: (reason: string) => never): Map<string, GraphConstant> {
  const constants = new Map<string, GraphConstant>();
  let at = 0;
  for (const group of (Array.isArray(manifest) ? manifest : []) as {
    weights?: { name?: string; shape?: unknown; dtype?: string; quantization?: { dtype?: string } }[];
  }[])
    for (const { name = '', shape, dtype = 'float32', quantization } of group?.weights ?? []) {
      if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
        return fail(`weight ${JSON.stringify(name)} has no shape of whole numbers`);
      const width =
        bytesOf[quantization?.dtype ?? dtype] ??
        fail(
          `weight ${JSON.stringify(name)} has the dtype ${JSON.stringify(dtype)}, which isn't one of ${Object.keys(bytesOf).join(', ')}`,
        );
      const elements = product(shape as number[]);
      const end = at + elements * width;
      const read = bytes !== undefined && dtype === 'int32' && !quantization && elements <= mostNumbers;
      if (read && end > bytes.length)
        fail(`the weights have ${bytes.length} bytes, too few for ${JSON.stringify(name)}, which ends at ${end}`);
      const view = read ? new DataView(bytes.buffer, bytes.byteOffset + at, elements * 4) : undefined;
      constants.set(name, {
        shape: shape as number[],
        bits: Math.min(32, 8 * width),
        ...(view && { numbers: Array.from({ length: elements }, (_, i) => view.getInt32(4 * i, true)) }),
      });
      at = end;
    }
  return constants;
}

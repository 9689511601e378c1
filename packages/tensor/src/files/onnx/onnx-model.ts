import { WireType } from '@bufbuild/protobuf/wire';
import { describe } from '../../ops/arguments.ts';
import type { RawTensor } from '../raw-tensor.ts';
import { OnnxError } from './onnx-error.ts';
import { decodeOnnxTensor } from './onnx-tensor.ts';
import { asBytes, asNumber, asNumbers, asText, readFields } from './protobuf-fields.ts';

/** A tensor in a model, which is read when it is asked for. */
export interface OnnxTensor {
  readonly name: string;
  /** @throws {OnnxError} as {@link decodeOnnxTensor} does. */
  read(): RawTensor;
}

export type OnnxAttribute = number | string | OnnxTensor | OnnxGraph | readonly number[] | readonly string[];

export interface OnnxNode {
  readonly op: string;
  /** The operators' set; empty for ONNX's own. */
  readonly domain: string;
  /** Names of values; an empty one stands for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers as numbers, which above 2^53 are not exact. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** Names of what is given and of what comes out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** Version of each operator set, by domain. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Graphs within graphs, the bodies of loops and branches, that a model may have. */
const DEEPEST = 32;

/**
 * What the bytes of an ONNX model say: its graph as data. Tensors in it are read when they are asked for.
 *
 * @throws {OnnxError} if the bytes are no model.
 * @example
 * const { graph } = decodeOnnxModel(await readFile('model.onnx'));
 * console.log(graph.nodes.map(({ op }) => op));
 */
export function decodeOnnxModel(bytes: Uint8Array): OnnxModel {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`decodeOnnxModel: bytes is ${describe(bytes)}, but must be a Uint8Array.`);
  const versions = new Map<string, number>();
  let graph: OnnxGraph | undefined;
  readFields('The model', bytes, {
    7: asBytes((inner) => (graph = readGraph(inner, 0))),
    8: asBytes((inner) => {
      let [domain, version] = ['', 0];
      readFields('An operator set', inner, { 1: asText((text) => (domain = text)), 2: asNumber((number) => (version = number)) });
      versions.set(domain, version);
    }),
  });
  if (!graph) throw new OnnxError('NoGraph', 'The file holds no graph: it is no ONNX model.');
  return { graph, versions };
}

function readGraph(bytes: Uint8Array, depth: number): OnnxGraph {
  if (depth > DEEPEST) throw new OnnxError('Malformed', `The model has graphs within graphs, more than ${DEEPEST} deep.`);
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const [inputs, outputs]: string[][] = [[], []];
  readFields('The graph', bytes, {
    1: asBytes((inner) => nodes.push(readNode(inner, depth))),
    5: asBytes((inner) => initializers.push(readTensor(inner))),
    11: asBytes((inner) => (inputs as string[]).push(readName(inner))),
    12: asBytes((inner) => (outputs as string[]).push(readName(inner))),
  });
  return { nodes, initializers, inputs: inputs as string[], outputs: outputs as string[] };
}

function readName(bytes: Uint8Array): string {
  let name = '';
  readFields('A value', bytes, { 1: asText((text) => (name = text)) });
  return name;
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  let name = '';
  readFields('A tensor', bytes, { 8: asText((text) => (name = text)) });
  return { name, read: () => decodeOnnxTensor(bytes).raw };
}

function readNode(bytes: Uint8Array, depth: number): OnnxNode {
  let [op, domain] = ['', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = Object.create(null) as Record<string, OnnxAttribute>;
  readFields('A node', bytes, {
    1: asText((name) => inputs.push(name)),
    2: asText((name) => outputs.push(name)),
    4: asText((text) => (op = text)),
    5: asBytes((inner) => {
      const [name, value] = readAttribute(inner, depth);
      if (value !== undefined) attributes[name] = value;
    }),
    7: asText((text) => (domain = text)),
  });
  return { op, domain, inputs, outputs, attributes };
}

/** Numbers of onnx.AttributeProto.AttributeType. */
const FLOAT = 1;
const INT = 2;
const STRING = 3;
const TENSOR = 4;
const GRAPH = 5;
const FLOATS = 6;
const INTS = 7;
const STRINGS = 8;

function readAttribute(bytes: Uint8Array, depth: number): readonly [string, OnnxAttribute | undefined] {
  let [name, type, float, integer, text] = ['', 0, 0, 0, ''];
  let tensor: OnnxTensor | undefined;
  let graph: OnnxGraph | undefined;
  const [floats, integers]: number[][] = [[], []];
  const texts: string[] = [];
  readFields('An attribute', bytes, {
    1: asText((value) => (name = value)),
    2: (reader) => (float = reader.float()),
    3: asNumber((value) => (integer = value)),
    4: asBytes((value) => (text = new TextDecoder().decode(value))),
    5: asBytes((inner) => (tensor = readTensor(inner))),
    6: asBytes((inner) => (graph = readGraph(inner, depth + 1))),
    7: asNumbers(
      WireType.Bit32,
      (reader) => reader.float(),
      (value) => (floats as number[]).push(value),
    ),
    8: asNumbers(
      WireType.Varint,
      (reader) => Number(reader.int64()),
      (value) => (integers as number[]).push(value),
    ),
    9: asBytes((value) => texts.push(new TextDecoder().decode(value))),
    20: asNumber((value) => (type = value)),
  });
  const values: Record<number, OnnxAttribute | undefined> = {
    [FLOAT]: float,
    [INT]: integer,
    [STRING]: text,
    [TENSOR]: tensor,
    [GRAPH]: graph,
    [FLOATS]: floats as number[],
    [INTS]: integers as number[],
    [STRINGS]: texts,
  };
  return [name, values[type]];
}

import type { Shape } from '../../graph/shape.ts';
import { bytesField, integerField, readFields, textField, WireError } from './protobuf-fields.ts';

export interface OnnxAttributes {
  readonly integers: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly number[]>>;
  readonly texts: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, OnnxConstant>>;
}

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

/** A tensor in the file: its shape, bits an element, and its values where they are few whole numbers, as shapes are. */
export interface OnnxConstant {
  readonly shape: Shape;
  readonly bits: number;
  readonly values?: readonly number[];
}

/** A model's graph without its weights' values. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxConstant>;
  readonly inputs: readonly string[];
  /** Shapes the file states, -1 or the name of an axis for open sizes. */
  readonly shapes: ReadonlyMap<string, readonly (number | string)[]>;
}

/** Bits of onnx.TensorProto.DataType. */
const bitsOfType: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
};
const [int32, int64] = [6, 7] as const;

/** Constants up to so many elements are read, longer ones are weights. */
const mostValues = 64;

/**
 * Reads the graph of an ONNX file; what its weights hold is skipped. Field numbers are those of `onnx.proto3`, IR version 11.
 *
 * @throws WireError when the bytes are no such message
 */
export function readOnnxGraph(bytes: Uint8Array): OnnxGraph {
  let graph: Uint8Array | undefined;
  readFields('the model', bytes, { 7: bytesField((inner) => (graph = inner)) });
  if (!graph) throw new WireError('the file holds no graph; it is no ONNX model');
  let name = '';
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, OnnxConstant>();
  const inputs: string[] = [];
  const shapes = new Map<string, readonly (number | string)[]>();
  const value = (into?: string[]): ReturnType<typeof bytesField> =>
    bytesField((inner) => {
      const { name: of, shape } = readValue(inner);
      into?.push(of);
      if (shape) shapes.set(of, shape);
    });
  readFields('the graph', graph, {
    1: bytesField((inner) => nodes.push(readNode(inner))),
    2: textField((text) => (name = text)),
    5: bytesField((inner) => {
      const { name: of, constant } = readTensor(inner);
      constants.set(of, constant);
    }),
    11: value(inputs),
    12: value(),
    13: value(),
  });
  return { name, nodes, constants, inputs: inputs.filter((input) => !constants.has(input)), shapes };
}

function readNode(bytes: Uint8Array): OnnxNode {
  let [op, name] = ['', ''];
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = {
    integers: {} as Record<string, number>,
    lists: {} as Record<string, number[]>,
    texts: {} as Record<string, string>,
    tensors: {} as Record<string, OnnxConstant>,
  };
  readFields('a node', bytes, {
    1: textField((text) => inputs.push(text)),
    2: textField((text) => outputs.push(text)),
    3: textField((text) => (name = text)),
    4: textField((text) => (op = text)),
    5: bytesField((inner) => readAttribute(inner, attributes)),
  });
  return { name: name === '' ? (outputs[0] ?? op) : name, op, inputs, outputs, attributes };
}

function readAttribute(
  bytes: Uint8Array,
  into: {
    integers: Record<string, number>;
    lists: Record<string, number[]>;
    texts: Record<string, string>;
    tensors: Record<string, OnnxConstant>;
  },
): void {
  let name = '';
  let integer: number | undefined;
  let text: string | undefined;
  let tensor: OnnxConstant | undefined;
  const list: number[] = [];
  readFields('an attribute', bytes, {
    1: textField((value) => (name = value)),
    3: integerField((value) => (integer = value)),
    4: bytesField((value) => (text = new TextDecoder().decode(value))),
    5: bytesField((inner) => (tensor = readTensor(inner).constant)),
    8: integerField((value) => list.push(value)),
  });
  if (integer !== undefined) into.integers[name] = integer;
  if (text !== undefined) into.texts[name] = text;
  if (tensor) into.tensors[name] = tensor;
  if (list.length > 0) into.lists[name] = list;
}

function readValue(bytes: Uint8Array): { name: string; shape: (number | string)[] | undefined } {
  let name = '';
  let shape: (number | string)[] | undefined;
  const dimension = (inner: Uint8Array): void => {
    let size: number | string = -1;
    readFields('a dimension', inner, { 1: integerField((value) => (size = value)), 2: textField((text) => (size = text)) });
    shape!.push(size);
  };
  readFields('a value', bytes, {
    1: textField((text) => (name = text)),
    2: bytesField((type) =>
      readFields('a type', type, {
        1: bytesField((tensor) =>
          readFields('a tensor type', tensor, {
            2: bytesField((sizes) => {
              shape = [];
              readFields('a shape', sizes, { 1: bytesField(dimension) });
            }),
          }),
        ),
      }),
    ),
  });
  return { name, shape };
}

function readTensor(bytes: Uint8Array): { name: string; constant: OnnxConstant } {
  let [name, type] = ['', 0];
  const shape: number[] = [];
  const values: number[] = [];
  let raw: Uint8Array | undefined;
  readFields('a tensor', bytes, {
    1: integerField((size) => shape.push(size)),
    2: integerField((number) => (type = number)),
    5: integerField((value) => values.push(value)),
    7: integerField((value) => values.push(value)),
    8: textField((text) => (name = text)),
    9: bytesField((inner) => (raw = inner)),
  });
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0))
    throw new WireError(`tensor ${JSON.stringify(name)} has the shape [${shape.join(', ')}]`);
  const bits = bitsOfType[type];
  if (bits === undefined) throw new WireError(`tensor ${JSON.stringify(name)} has data type ${type}, which isn't one of numbers`);
  const elements = shape.reduce((a, b) => a * b, 1);
  if (type !== int32 && type !== int64) return { name, constant: { shape, bits } };
  if (elements > mostValues) return { name, constant: { shape, bits } };
  if (raw) {
    if (raw.length !== (elements * bits) / 8)
      throw new WireError(
        `tensor ${JSON.stringify(name)} has ${raw.length} bytes, expected ${(elements * bits) / 8} for [${shape.join(', ')}]`,
      );
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    for (let i = 0; i < elements; i++) values.push(type === int64 ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true));
  }
  return { name, constant: { shape, bits, values } };
}

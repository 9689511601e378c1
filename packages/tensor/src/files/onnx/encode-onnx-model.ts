import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { checkNumber, checkShape, describe } from '../../ops/arguments.ts';
import { dtypeBits, isDtype, type SafetensorsDtype } from '../safetensors-dtype.ts';
import { onnxDtypes } from './onnx-dtype.ts';

/** A dtype of ONNX: one that safetensors has too, or an integer of 4 bits, two to a byte with the first in the lower half. */
export type OnnxDtype = SafetensorsDtype | 'U4' | 'I4';

/** A constant of a model to write. */
export interface OnnxConstant {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  /** Little-endian, the last axis fastest. */
  readonly bytes: Uint8Array;
}

/** What is given to a model, or comes out. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDtype;
  /** A size that is text is open, and the same wherever that text stands. */
  readonly shape: readonly (number | string)[];
}

/** An attribute with its type, since 1 may be an integer or a float. */
export type OnnxAttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly text: string };

export interface OnnxNodeInput {
  readonly op: string;
  /** Default ONNX's own. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttributeValue>>;
}

/** A model to write. */
export interface OnnxModelInput {
  readonly graph: {
    readonly name?: string;
    readonly nodes: readonly OnnxNodeInput[];
    readonly initializers: readonly OnnxConstant[];
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly OnnxValue[];
  };
  /** Version of each operator set, by domain; ONNX's own is ''. */
  readonly versions: ReadonlyMap<string, number>;
  /** Of the file format. Default 10, which has integers of 4 bits. */
  readonly irVersion?: number;
  /** Program that made it. */
  readonly producer?: string;
}

/**
 * The bytes of an ONNX model, as {@link decodeOnnxModel} reads them.
 *
 * @throws {TypeError | RangeError} if a constant's dtype is unknown or its bytes don't fill its shape, or an attribute has none of the types.
 * @example
 * const value = (name: string) => ({ name, dtype: 'F32' as const, shape: ['n', 3] });
 * const nodes = [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }];
 * encodeOnnxModel({ graph: { nodes, initializers: [], inputs: [value('x')], outputs: [value('y')] }, versions: new Map([['', 21]]) });
 *
 * ONNX's IR, version 10; `onnx.proto3` numbers the fields.
 */
export function encodeOnnxModel({ graph, versions, irVersion = 10, producer }: OnnxModelInput): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  whole(writer, 1, irVersion);
  if (producer !== undefined) text(writer, 2, producer);
  message(writer, 7, (inner) => {
    for (const node of graph.nodes) message(inner, 1, (own) => writeNode(own, node));
    text(inner, 2, graph.name ?? 'graph');
    for (const constant of graph.initializers) message(inner, 5, (own) => writeConstant(own, constant));
    for (const value of graph.inputs) message(inner, 11, (own) => writeValue(own, value));
    for (const value of graph.outputs) message(inner, 12, (own) => writeValue(own, value));
  });
  for (const [domain, version] of versions)
    message(writer, 8, (own) => {
      if (domain !== '') text(own, 1, domain);
      whole(own, 2, version);
    });
  return writer.finish();
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function whole(writer: BinaryWriter, field: number, value: number): void {
  checkNumber('encodeOnnxModel', 'an integer', value, { whole: true });
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function writeNode(writer: BinaryWriter, { op, domain = '', inputs, outputs, attributes = {} }: OnnxNodeInput): void {
  for (const name of inputs) text(writer, 1, name);
  for (const name of outputs) text(writer, 2, name);
  text(writer, 4, op);
  for (const [name, value] of Object.entries(attributes)) message(writer, 5, (own) => writeAttribute(own, name, value));
  if (domain !== '') text(writer, 7, domain);
}

/** Numbers of onnx.AttributeProto.AttributeType stand in field 20. */
function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttributeValue): void {
  text(writer, 1, name);
  const forms = ['int', 'ints', 'float', 'floats', 'text'];
  if (typeof value !== 'object' || value === null || !forms.some((form) => form in value))
    throw new TypeError(
      `encodeOnnxModel: the attribute '${name}' is ${describe(value)}, but must be an object with one of ${forms.join(', ')}.`,
    );
  if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    whole(writer, 20, 1);
  } else if ('int' in value) {
    whole(writer, 3, value.int);
    whole(writer, 20, 2);
  } else if ('text' in value) {
    text(writer, 4, value.text);
    whole(writer, 20, 3);
  } else if ('floats' in value) {
    for (const one of value.floats) writer.tag(7, WireType.Bit32).float(one);
    whole(writer, 20, 6);
  } else {
    for (const one of value.ints) whole(writer, 8, one);
    whole(writer, 20, 7);
  }
}

const numbers = new Map<string, number>([
  ...Object.entries(onnxDtypes).map(([number, dtype]) => [dtype, Number(number)] as const),
  ['U4', 21],
  ['I4', 22],
]);

function numberOf(name: string, dtype: OnnxDtype): number {
  const number = numbers.get(dtype);
  if (number === undefined)
    throw new TypeError(`encodeOnnxModel: '${name}' is of dtype ${describe(dtype)}, but ONNX has ${[...numbers.keys()].join(', ')}.`);
  return number;
}

function writeConstant(writer: BinaryWriter, { name, dtype, shape, bytes }: OnnxConstant): void {
  checkShape('encodeOnnxModel', `the shape of '${name}'`, shape);
  const bits = isDtype(dtype) ? dtypeBits[dtype] : 4;
  const number = numberOf(name, dtype);
  const needed = Math.ceil((shape.reduce((product, size) => product * size, 1) * bits) / 8);
  if (bytes.length !== needed)
    throw new RangeError(
      `encodeOnnxModel: '${name}' has ${bytes.length} bytes, but ${dtype}[${shape.join(', ')}] takes ${needed}; give all its values.`,
    );
  for (const size of shape) whole(writer, 1, size);
  whole(writer, 2, number);
  text(writer, 8, name);
  writer.tag(9, WireType.LengthDelimited).bytes(bytes);
}

function writeValue(writer: BinaryWriter, { name, dtype, shape }: OnnxValue): void {
  text(writer, 1, name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      whole(tensor, 1, numberOf(name, dtype));
      message(tensor, 2, (axes) => {
        for (const size of shape) message(axes, 1, (axis) => (typeof size === 'number' ? whole(axis, 1, size) : text(axis, 2, size)));
      });
    }),
  );
}

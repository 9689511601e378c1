import { BinaryWriter } from '@bufbuild/protobuf/wire';

// ONNX messages written field by field, so that the reader is tested against the format and not against itself.

type Write = (writer: BinaryWriter) => BinaryWriter;

const message = (...fields: readonly Write[]): Uint8Array => fields.reduce((writer, field) => field(writer), new BinaryWriter()).finish();
const bytes =
  (number: number, value: Uint8Array): Write =>
  (writer) =>
    writer.tag(number, 2).bytes(value);
const text =
  (number: number, value: string): Write =>
  (writer) =>
    writer.tag(number, 2).string(value);
const integer =
  (number: number, value: number): Write =>
  (writer) =>
    writer.tag(number, 0).int64(value);

export type Attribute = number | string | readonly number[];

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Model {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Shapes of weights in single precision; `int8` of 8 bits. */
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  readonly int8?: Readonly<Record<string, readonly number[]>>;
  /** Constants of whole numbers. */
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  readonly nodes: readonly Node[];
}

function node({ op, inputs, output, attributes = {} }: Node): Uint8Array {
  return message(
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, `${op} of ${output}`),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) =>
      bytes(
        5,
        message(
          text(1, name),
          ...(typeof value === 'number'
            ? [integer(3, value)]
            : typeof value === 'string'
              ? [text(4, value)]
              : value.map((item) => integer(8, item))),
        ),
      ),
    ),
  );
}

function input(name: string, shape: readonly (number | string)[]): Uint8Array {
  const sizes = message(...shape.map((size) => bytes(1, message(typeof size === 'number' ? integer(1, size) : text(2, size)))));
  return message(text(1, name), bytes(2, message(bytes(1, message(integer(1, 1), bytes(2, sizes))))));
}

function tensor(name: string, type: number, shape: readonly number[], raw?: Uint8Array): Uint8Array {
  return message(...shape.map((size) => integer(1, size)), integer(2, type), text(8, name), ...(raw ? [bytes(9, raw)] : []));
}

/** The bytes of an ONNX model whose weights have shapes but no values. */
export function onnxBytes({ inputs, weights = {}, int8 = {}, integers = {}, nodes }: Model): Uint8Array {
  const graph = message(
    ...nodes.map((n) => bytes(1, node(n))),
    text(2, 'graph'),
    ...Object.entries(weights).map(([name, shape]) => bytes(5, tensor(name, 1, shape))),
    ...Object.entries(int8).map(([name, shape]) => bytes(5, tensor(name, 3, shape))),
    ...Object.entries(integers).map(([name, values]) =>
      bytes(5, tensor(name, 7, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer))),
    ),
    ...Object.entries(inputs).map(([name, shape]) => bytes(11, input(name, shape))),
  );
  return message(integer(1, 8), bytes(7, graph));
}

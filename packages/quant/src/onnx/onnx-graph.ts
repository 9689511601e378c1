import {
  encodeOnnxModel,
  type OnnxAttributeValue,
  type OnnxConstant,
  type OnnxDtype,
  type OnnxNodeInput,
  type OnnxValue,
} from '@x/tensor/onnx';

const OPSET = 21;

/** Nodes and constants of a model, as they are added. */
export class OnnxGraph {
  readonly #nodes: OnnxNodeInput[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  #count = 0;

  /** Adds an operator; returns its output's name. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttributeValue>> = {},
    output: string = `v${this.#count++}`,
  ): string {
    this.#nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds an operator of several outputs; returns their names. */
  nodes(op: string, inputs: readonly string[], count: number, attributes: Readonly<Record<string, OnnxAttributeValue>> = {}): string[] {
    const outputs = Array.from({ length: count }, () => `v${this.#count++}`);
    this.#nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** Adds a constant, unless there is one of that name already; returns its name. */
  constant(name: string, dtype: OnnxDtype, shape: readonly number[], values: ArrayBufferView): string {
    const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    if (!this.#constants.has(name)) this.#constants.set(name, { name, dtype, shape, bytes });
    return name;
  }

  floats(name: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    return this.constant(name, 'F32', shape, Float32Array.from(values));
  }

  longs(name: string, values: readonly number[]): string {
    return this.constant(name, 'I64', [values.length], BigInt64Array.from(values, BigInt));
  }

  bytes(input: OnnxValue, output: OnnxValue): Uint8Array<ArrayBuffer> {
    return encodeOnnxModel({
      graph: { name: 'quantized', nodes: this.#nodes, initializers: [...this.#constants.values()], inputs: [input], outputs: [output] },
      versions: new Map([['', OPSET]]),
      producer: '@x/quant',
    });
  }
}

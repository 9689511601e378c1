import { dispose, keep, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { OnnxError, type OnnxGraph, type OnnxNode } from '@x/tensor/onnx';
import { int8MatMul, quantizedMatrix, QuantizedTensor, type Quantization } from '@x/tensor/quant';
import { checkAttributes } from './attributes.ts';
import { constantOf, dequantized, isQuantized, quantized, realValues, type Constant, type QuantizedConstant } from './constants.ts';
import { operators } from './operators.ts';
import { convolutionProduct, linearProduct, type Product } from './product.ts';
import { images, inOrder, integersOf, isIntegers, type Value } from './value.ts';

type Environment = Map<string, Value>;

/** What a model does, one node after another, with its weights laid out. */
export interface Plan {
  run(values: Environment): void;
  dispose(): void;
}

/** Operators of quantization and of products, beside those that need no constants. */
const planned: readonly string[] = [
  ...['QuantizeLinear', 'DequantizeLinear', 'Gemm', 'Conv', 'Constant'],
  ...['MatMulInteger', 'ConvInteger', 'QLinearMatMul', 'QLinearConv'],
];

/** Operators of a graph that can't be run. */
export function unknownOperators({ nodes }: OnnxGraph): string[] {
  const known = ({ op, domain }: OnnxNode): boolean =>
    (domain === '' || domain === 'ai.onnx') && (planned.includes(op) || Object.hasOwn(operators, op));
  return [...new Set(nodes.filter((node) => !known(node)).map(({ op, domain }) => (domain === '' ? op : `${domain}.${op}`)))].sort();
}

/** @throws {OnnxError} if a constant can't be read, or a node has one that it can't be run with; nothing stays allocated then. */
export function planOf(graph: OnnxGraph, opset: number): Plan {
  const planner = new Planner(graph, opset);
  try {
    const steps = graph.nodes.map((node) => planner.step(node));
    return {
      run: (values) => {
        for (const step of steps) step?.(values);
      },
      dispose: () => planner.dispose(),
    };
  } catch (error) {
    planner.dispose();
    throw error;
  }
}

type Step = (values: Environment) => void;

class Planner {
  readonly #constants = new Map<string, Constant | QuantizedConstant>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #products: Pick<Product, 'dispose'>[] = [];
  readonly #opset: number;

  constructor({ initializers }: OnnxGraph, opset: number) {
    this.#opset = opset;
    for (const initializer of initializers) this.#constants.set(initializer.name, constantOf(initializer));
  }

  dispose(): void {
    dispose([...this.#tensors.values()]);
    for (const product of this.#products) product.dispose();
  }

  /** What a node does when it runs; nothing if all is done already. */
  step(node: OnnxNode): Step | undefined {
    const { op, inputs, outputs } = node;
    checkAttributes(node);
    const set = (values: Environment, result: Value | readonly Value[]): void =>
      outputs.forEach((name, index) => {
        const own = Array.isArray(result) ? (result as readonly Value[])[index] : index === 0 ? (result as Value) : undefined;
        if (own) values.set(name, own);
      });
    const read = (values: Environment, index: number): Value => this.#valueOf(node, values, inputs[index] as string);
    switch (op) {
      case 'Constant': {
        const { value } = node.attributes;
        if (typeof value !== 'object' || !('read' in value)) throw new OnnxError('Malformed', 'A Constant holds no tensor.');
        this.#constants.set(outputs[0] as string, constantOf(value));
        return undefined;
      }
      case 'DequantizeLinear': {
        const constant = this.#constants.get(inputs[0] as string);
        const { axis = 1, block_size: block = 0 } = node.attributes as Record<string, number>;
        if (constant && !isQuantized(constant)) {
          const zero = inputs[2] ? this.#plain(node, 2) : undefined;
          this.#constants.set(outputs[0] as string, dequantized(constant, this.#plain(node, 1), zero, axis, block));
          return undefined;
        }
        const quantization = this.#quantization(node, 1);
        return (values) => set(values, standingFor(node, read(values, 0), quantization));
      }
      case 'QuantizeLinear': {
        const constant = this.#constants.get(inputs[0] as string);
        if (constant && !isQuantized(constant)) {
          const { axis = 1, block_size: block = 0 } = node.attributes as Record<string, number>;
          const zero = inputs[2] ? this.#plain(node, 2) : undefined;
          this.#constants.set(outputs[0] as string, quantized(constant, this.#plain(node, 1), zero, axis, block, typeOf(node)));
          return undefined;
        }
        const quantization = this.#quantization(node, 1);
        return (values) => set(values, integersOf(read(values, 0), quantization));
      }
      case 'MatMul':
      case 'Gemm': {
        const weight = this.#constants.get(inputs[1] as string);
        if (!weight || weight.shape.length !== 2) {
          if (op === 'Gemm') throw new OnnxError('Malformed', 'Gemm without a constant matrix can’t be run.');
          return this.#operator(node, set);
        }
        const { transB = 0 } = node.attributes as Record<string, number>;
        const product = this.#product(linearProduct(weight, op === 'Gemm' && transB !== 0));
        const bias = inputs[2] ? this.#bias(inputs[2], product.units) : undefined;
        return (values) => set(values, { of: product.on(inOrder(read(values, 0)), bias), channelsLast: false });
      }
      case 'Conv': {
        const product = this.#product(convolutionProduct(node, this.#weight(node, 1)));
        const bias = inputs[2] ? this.#bias(inputs[2], product.units) : undefined;
        return (values) => set(values, { of: product.on(images(read(values, 0)), bias), channelsLast: true });
      }
      case 'QLinearMatMul':
      case 'QLinearConv': {
        const [from, to] = [this.#quantization(node, 1), this.#quantization(node, 6)];
        const axis = op === 'QLinearConv' ? 0 : 1;
        const weight = dequantized(this.#plain(node, 3), this.#plain(node, 4), this.#plain(node, 5), axis, 0) as QuantizedConstant;
        const product = this.#product(op === 'QLinearConv' ? convolutionProduct(node, weight) : linearProduct(weight));
        const steps = weight.scales;
        const bias =
          op === 'QLinearConv' && inputs[8]
            ? this.#kept(
                `${inputs[8]} of ${outputs[0]}`,
                Float32Array.from(
                  this.#plain(node, 8).values,
                  (count, unit) => count * from.scale * (steps[unit % steps.length] as number),
                ),
                [product.units],
              )
            : undefined;
        const channelsLast = op === 'QLinearConv';
        return (values) => {
          const x = standingFor(node, read(values, 0), from);
          set(values, { of: product.on(channelsLast ? images(x) : inOrder(x), bias).finish(to), channelsLast, counts: true });
        };
      }
      case 'MatMulInteger':
      case 'ConvInteger':
        return this.#sums(node, read, set);
      default:
        return this.#operator(node, set);
    }
  }

  /** Σ (x - zero)·(w - zero) of integers. */
  #sums(node: OnnxNode, read: (values: Environment, index: number) => Value, set: (values: Environment, result: Value) => void): Step {
    const { inputs } = node;
    const zero = inputs[3] ? this.#plain(node, 3) : undefined;
    // One that is computed is that of the integers it came with.
    const zeroOfX = inputs[2] ? this.#constants.has(inputs[2]) && this.#plain(node, 2).values[0] : 0;
    const convolution = node.op === 'ConvInteger';
    const one = { dtype: 'F32', shape: zero?.shape ?? [], values: new Float32Array(zero?.values.length ?? 1).fill(1) };
    const weight = dequantized(this.#plain(node, 1), one, zero, convolution ? 0 : 1, 0) as QuantizedConstant;
    const counted = (of: Value): QuantizedTensor => {
      const x = convolution ? images(of) : inOrder(of);
      if (!isIntegers(x)) throw new TypeError(`fromOnnx: ${node.op} gets floats, but must get integers.`);
      return new QuantizedTensor(x.data, x.shape, {
        scale: 1,
        zeroPoint: zeroOfX === false ? x.zeroPoint : (zeroOfX as number),
        type: x.type,
      });
    };
    const zeros = weight.zeros.some((own) => own !== 0) ? { zeroPoints: weight.zeros } : {};
    if (!convolution) {
      const [rows, columns] = weight.shape as [number, number];
      const matrix = this.#product(quantizedMatrix(weight.integers, rows, columns, { scales: weight.scales, ...zeros }));
      return (values) => set(values, { of: int8MatMul(counted(read(values, 0)), matrix), channelsLast: false });
    }
    const product = this.#product(convolutionProduct(node, weight));
    return (values) => set(values, { of: product.on(counted(read(values, 0)), undefined).floats(), channelsLast: true });
  }

  #operator(node: OnnxNode, set: (values: Environment, result: Value | readonly Value[]) => void): Step {
    const run = operators[node.op] as NonNullable<(typeof operators)[string]>;
    return (values) =>
      set(
        values,
        run(
          node,
          node.inputs.map((name) => (name === '' ? undefined : this.#valueOf(node, values, name))),
          this.#opset,
        ),
      );
  }

  #valueOf({ op }: OnnxNode, values: Environment, name: string): Value {
    const value = values.get(name);
    if (value) return value;
    const constant = this.#constants.get(name);
    if (!constant) throw new OnnxError('Malformed', `${op} takes '${name}', which nothing before it gives.`);
    const numbers = isQuantized(constant) ? realValues(constant) : constant.values;
    return { of: this.#kept(name, numbers, constant.shape), channelsLast: false };
  }

  #kept(name: string, values: Constant['values'], shape: readonly number[]): Tensor {
    const found = this.#tensors.get(name);
    if (found) return found;
    const float = values instanceof Float32Array;
    const made = keep(tensor(float ? values : Int32Array.from(values), [...shape], float ? 'float32' : 'int32'));
    this.#tensors.set(name, made);
    return made;
  }

  #product<T extends Pick<Product, 'dispose'>>(product: T): T {
    this.#products.push(product);
    return product;
  }

  #weight({ op, inputs }: OnnxNode, index: number): Constant | QuantizedConstant {
    const found = this.#constants.get(inputs[index] ?? '');
    if (!found) throw new OnnxError('Malformed', `${op} takes '${inputs[index]}', which is no constant; weights must be.`);
    return found;
  }

  #plain(node: OnnxNode, index: number): Constant {
    const found = this.#weight(node, index);
    if (isQuantized(found)) throw new OnnxError('Malformed', `${node.op} takes '${node.inputs[index]}', which is dequantized before it.`);
    return found;
  }

  #bias(name: string, units: number): Tensor {
    const found = this.#constants.get(name);
    if (!found) throw new OnnxError('Malformed', `A bias is '${name}', which is no constant.`);
    const values = Float32Array.from(isQuantized(found) ? realValues(found) : found.values);
    return this.#kept(`${name} as bias`, values.length === 1 ? new Float32Array(units).fill(values[0] as number) : values, [units]);
  }

  /** Scale and zero point of activations, at these places of a node's inputs. */
  #quantization(node: OnnxNode, at: number): Required<Quantization> {
    const scale = this.#plain(node, at);
    const zero = node.inputs[at + 1] ? this.#plain(node, at + 1) : { dtype: typeOf(node), values: Uint8Array.of(0) };
    if (scale.values.length !== 1 || (zero.dtype !== 'U8' && zero.dtype !== 'I8'))
      throw new OnnxError(
        'Malformed',
        `${node.op} has ${scale.values.length} scales and zero points of ${zero.dtype}; activations have one scale and 8 bits.`,
      );
    return { scale: scale.values[0] as number, zeroPoint: zero.values[0] ?? 0, type: zero.dtype === 'U8' ? 'uint8' : 'int8' };
  }
}

/** What QuantizeLinear gives where no zero point says so; numbers of ONNX's data types. */
function typeOf({ attributes }: OnnxNode): string {
  const { output_dtype: type = 0 } = attributes as Record<string, number>;
  return type === 0 || type === 2 ? 'U8' : type === 3 ? 'I8' : `ONNX's data type ${type}`;
}

/** Integers as a node says what they stand for. */
function standingFor({ op }: OnnxNode, value: Value, quantization: Required<Quantization>): Value {
  const { of, channelsLast } = value;
  if (!isIntegers(of)) throw new TypeError(`fromOnnx: ${op} gets floats, but must get integers.`);
  if (of.scale === quantization.scale && of.zeroPoint === quantization.zeroPoint) return { of, channelsLast };
  return { of: new QuantizedTensor(of.data, of.shape, { ...quantization, type: of.type }), channelsLast };
}

import { clone, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import type { Layer, Shape } from '@x/tensor';
import { checkTensor } from '@x/tensor/arguments';
import { decodeOnnxModel, OnnxError } from '@x/tensor/onnx';
import { planOf, unknownOperators } from './read/plan.ts';
import { floats, inOrder, isIntegers, type Value } from './read/value.ts';

/** The network of an ONNX model. It runs, but doesn't train; `variables` is empty. */
export interface OnnxNetwork extends Layer {
  readonly kind: 'onnx';
  /** Operators of the model in order, for a look at what runs. */
  readonly operators: readonly string[];
}

/** A size that images and sequences of any size may have. */
const OPEN = 64;

/**
 * A quantized ONNX model as a network that runs in integers, of either form: float operators between QuantizeLinear and DequantizeLinear,
 * as quantization tools of onnxruntime and PyTorch write them, or operators that take integers (QLinearConv, QLinearMatMul, ConvInteger,
 * MatMulInteger, DynamicQuantizeLinear). A product between such two is one pass over integers, with its bias and relu.
 *
 * It takes and gives what the model does: images with their channels as the second axis, unless the model turns them. Weights must be
 * constants; a model has one input and one output, which is int32 where the model gives integers. Models in float run too.
 *
 * @throws {OnnxError} if the bytes are no model, or one that can't be run here.
 * @throws {TypeError} naming all operators that aren't known, before anything is allocated.
 * @example
 * const net = fromOnnx(await readFile('model.int8.onnx'));
 * net.apply(x);
 */
export function fromOnnx(bytes: Uint8Array): OnnxNetwork {
  const where = 'fromOnnx';
  const { graph, versions } = decodeOnnxModel(bytes);
  const unknown = unknownOperators(graph);
  if (unknown.length > 0) throw new TypeError(`${where}: the model has operators that can't be run here: ${unknown.join(', ')}.`);
  const given = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter((name) => !given.has(name));
  const [input] = inputs;
  const [output] = graph.outputs;
  if (inputs.length !== 1 || graph.outputs.length !== 1 || input === undefined || output === undefined)
    throw new OnnxError(
      'Malformed',
      `The model has ${inputs.length} inputs and ${graph.outputs.length} outputs, but must have one of each.`,
    );
  const plan = planOf(graph, versions.get('') ?? versions.get('ai.onnx') ?? Infinity);
  let disposed = false;
  const apply = (x: Tensor): Tensor => {
    checkTensor('onnx.apply', 'x', x, { dtype: ['float32', 'int32'] });
    if (disposed) throw new Error('onnx.apply: the network is disposed; dispose it only after its last use.');
    return tidy(() => {
      const values = new Map<string, Value>([[input, { of: x, channelsLast: false }]]);
      plan.run(values);
      const result = values.get(output);
      if (!result) throw new OnnxError('Malformed', `Nothing gives the model's output '${output}'.`);
      const own = inOrder(result);
      return isIntegers(own) && result.counts ? tensor(Int32Array.from(own.values()), [...own.shape], 'int32') : clone(floats(result));
    });
  };
  return {
    kind: 'onnx',
    operators: graph.nodes.map(({ op }) => op),
    variables: {},
    apply,
    outputShape: (shape: Shape) => {
      // Of one example, found by running; where a size isn't known, what two of them have in common.
      const sizesFor = (open: number): number[] =>
        tidy(() => apply(zeros(shape.map((size, axis) => size ?? (axis === 0 ? 1 : open)))).shape);
      const sizes = sizesFor(OPEN);
      const others = shape.slice(1).includes(null) ? sizesFor(OPEN + 32) : sizes;
      return sizes.map((size, axis) => (axis === 0 ? (shape[0] ?? null) : size === others[axis] ? size : null));
    },
    dispose: () => {
      if (!disposed) plan.dispose();
      disposed = true;
    },
  };
}

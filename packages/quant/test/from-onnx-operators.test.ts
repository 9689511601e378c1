import { random } from '@x/tensor';
import { encodeOnnxModel, OnnxError, type OnnxAttributeValue, type OnnxConstant, type OnnxDtype, type OnnxNodeInput } from '@x/tensor/onnx';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromOnnx } from '../src/onnx.ts';
import { useBackend } from './backends.ts';
import { runOnnxruntime } from './onnxruntime.ts';

const constant = (name: string, dtype: OnnxDtype, shape: readonly number[], of: ArrayBufferView): OnnxConstant => ({
  ...{ name, dtype, shape },
  bytes: new Uint8Array(of.buffer as ArrayBuffer),
});
const floats = (name: string, shape: readonly number[], of: readonly number[]): OnnxConstant =>
  constant(name, 'F32', shape, Float32Array.from(of));
const longs = (name: string, ...of: readonly (number | bigint)[]): OnnxConstant =>
  constant(name, 'I64', [of.length], BigInt64Array.from(of, BigInt));
const bytes = (name: string, shape: readonly number[], of: readonly number[]): OnnxConstant =>
  constant(name, 'I8', shape, Int8Array.from(of));
const zero = (of: number): OnnxConstant => constant('z', 'U8', [], Uint8Array.of(of));
const node = (op: string, inputs: string[], attributes: Readonly<Record<string, OnnxAttributeValue>> = {}, ...outputs: string[]) => ({
  ...{ op, inputs, attributes },
  outputs: outputs.length > 0 ? outputs : ['y'],
});
const int = (of: number): OnnxAttributeValue => ({ int: of });
const ints = (...of: number[]): OnnxAttributeValue => ({ ints: of });
const float = (of: number): OnnxAttributeValue => ({ float: of });
const END = 2n ** 63n - 1n;
const weight = Array.from({ length: 10 }, (_, at) => at + 1);

interface Case {
  readonly nodes: readonly OnnxNodeInput[];
  readonly constants?: readonly OnnxConstant[];
  /** Of x; default [2, 5]. */
  readonly shape?: readonly number[];
  /** Axes of y, or its sizes; default as many as x has. */
  readonly rank?: number;
  readonly gives?: readonly number[];
  readonly opset?: number;
}

function modelOf({ nodes, constants = [], shape = [2, 5], gives, rank = gives?.length ?? shape.length, opset = 21 }: Case): Uint8Array {
  const inputs = [{ name: 'x', dtype: 'F32' as const, shape }];
  const outputs = [{ name: 'y', dtype: 'F32' as const, shape: Array.from({ length: rank }, (_, axis) => `y${axis}`) }];
  return encodeOnnxModel({ graph: { nodes, initializers: constants, inputs, outputs }, versions: new Map([['', opset]]) });
}

const quantizer = [floats('s', [], [0.1]), zero(100)];
const [quantize, dequantize] = [node('QuantizeLinear', ['x', 's', 'z'], {}, 'q'), node('DequantizeLinear', ['t', 's', 'z'])];

describe('operators compute what onnxruntime does', () => {
  beforeAll(() => useBackend('x'));

  test.each<[string, Case]>([
    [
      'Slice to the end that is beyond int32',
      { nodes: [node('Slice', ['x', 's', 'e', 'a'])], constants: [longs('s', 2), longs('e', END), longs('a', 1)] },
    ],
    ['Slice of all', { nodes: [node('Slice', ['x', 's', 'e', 'a'])], constants: [longs('s', 0), longs('e', END), longs('a', 1)] }],
    ['Slice from behind', { nodes: [node('Slice', ['x', 's', 'e', 'a'])], constants: [longs('s', -2), longs('e', END), longs('a', -1)] }],
    ['Slice by attributes', { nodes: [node('Slice', ['x'], { starts: ints(1), ends: ints(3), axes: ints(1) })], opset: 9 }],
    ['Gather of the last', { nodes: [node('Gather', ['x', 'i'], { axis: int(-1) })], constants: [longs('i', -1, 0, -2)] }],
    ['Softmax along another axis', { nodes: [node('Softmax', ['x'], { axis: int(-2) })], shape: [2, 3, 4] }],
    ['Softmax of all axes after the first', { nodes: [node('Softmax', ['x'])], shape: [2, 3, 4], opset: 11 }],
    ['Split by an attribute', { nodes: [node('Split', ['x'], { axis: int(1), split: ints(1, 4) }, 'z', 'y')], opset: 11 }],
    ['Split whose last part is shorter', { nodes: [node('Split', ['x'], { axis: int(1), num_outputs: int(2) }, 'z', 'y')] }],
    ['Cast to float64', { nodes: [node('Cast', ['x'], { to: int(11) }, 'd'), node('Cast', ['d'], { to: int(1) })] }],
    ['Cast to truth values', { nodes: [node('Cast', ['x'], { to: int(9) }, 'b'), node('Cast', ['b'], { to: int(1) })] }],
    [
      'Unsqueeze by axes from behind',
      { nodes: [node('Unsqueeze', ['x', 'a'])], constants: [longs('a', -1, -2)], shape: [5], gives: [5, 1, 1] },
    ],
    ['Expand along axes of 1', { nodes: [node('Expand', ['x', 's'])], constants: [longs('s', 3, 1, 1)], gives: [3, 2, 5] }],
    [
      'Add that gives a product another axis',
      {
        nodes: [node('MatMul', ['x', 'w'], {}, 'p'), node('Add', ['p', 'b'])],
        constants: [floats('w', [5, 2], weight), floats('b', [1, 1, 2], [3, 1])],
        gives: [1, 2, 2],
      },
    ],
    [
      'QuantizeLinear to a type that an attribute says',
      {
        nodes: [node('QuantizeLinear', ['x', 's'], { output_dtype: int(3) }, 'q'), node('DequantizeLinear', ['q', 's'])],
        constants: [floats('s', [], [0.1])],
      },
    ],
    [
      'MatMulInteger of integers without a zero point',
      {
        nodes: [quantize, node('MatMulInteger', ['q', 'w'], {}, 'm'), node('Cast', ['m'], { to: int(1) })],
        constants: [...quantizer, bytes('w', [5, 2], weight)],
      },
    ],
    ['Cast of integers', { nodes: [quantize, node('Cast', ['q'], { to: int(1) })], constants: quantizer }],
    ['Transpose of integers', { nodes: [quantize, node('Transpose', ['q'], { perm: ints(1, 0) }, 't'), dequantize], constants: quantizer }],
    [
      'Clip and Cast of what integers stand for',
      {
        nodes: [
          quantize,
          node('DequantizeLinear', ['q', 's', 'z'], {}, 'd'),
          node('Clip', ['d', 'l', 'm'], {}, 'c'),
          node('Cast', ['d'], { to: int(1) }, 'e'),
          node('Add', ['c', 'e']),
        ],
        constants: [...quantizer, floats('l', [], [0.25]), floats('m', [], [0.75])],
      },
    ],
    [
      'Clip of integers',
      {
        nodes: [quantize, node('Clip', ['q', 'l', 'm'], {}, 't'), dequantize],
        constants: [...quantizer, constant('l', 'U8', [], Uint8Array.of(95)), constant('m', 'U8', [], Uint8Array.of(110))],
      },
    ],
    [
      'a filter that the model quantizes, with a scale a filter, as PyTorch writes it',
      {
        nodes: [
          node('QuantizeLinear', ['w', 'ws', 'wz'], { axis: int(0) }, 'wq'),
          node('DequantizeLinear', ['wq', 'ws', 'wz'], { axis: int(0) }, 'wd'),
          quantize,
          node('DequantizeLinear', ['q', 's', 'z'], {}, 'd'),
          node('Conv', ['d', 'wd'], { kernel_shape: ints(2, 2) }),
        ],
        constants: [
          ...quantizer,
          floats(
            'w',
            [3, 2, 2, 2],
            Array.from({ length: 24 }, (_, at) => Math.sin(at) * (1 + (at >> 3))),
          ),
          floats('ws', [3], [0.01, 0.02, 0.03]),
          bytes('wz', [3], [0, 3, -5]),
        ],
        shape: [2, 2, 4, 5],
      },
    ],
    [
      'weights of 8 bits with a scale an input',
      {
        nodes: [node('DequantizeLinear', ['w', 's'], { axis: int(0) }, 'd'), node('MatMul', ['x', 'd'])],
        constants: [bytes('w', [5, 2], weight), floats('s', [5], [0.1, 1, 2, 3, 4])],
      },
    ],
  ])('%s', async (_, own) => {
    const model = modelOf(own);
    const x = random.normal(random.key(7), [...(own.shape ?? [2, 5])]);
    const expected = await runOnnxruntime(model, x);
    await expectNoLeak(() => {
      const net = fromOnnx(model);
      const y = net.apply(x);
      expect(y.dataSync()).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-6 });
      expect(own.gives ?? y.shape).toEqual(y.shape);
      expect(y.rank).toBe(own.gives?.length ?? own.rank ?? x.rank);
      y.dispose();
      net.dispose();
    });
    x.dispose();
  });

  test.each<[string, Case, RegExp]>([
    [
      'MaxPool',
      { nodes: [node('MaxPool', ['x'], { kernel_shape: ints(2, 2), dilations: ints(2, 2) })] },
      /MaxPool has dilations 2,2; 1 can be run/,
    ],
    [
      'AveragePool',
      { nodes: [node('AveragePool', ['x'], { kernel_shape: ints(2, 2), dilations: ints(1, 2) })] },
      /AveragePool has dilations 1,2/,
    ],
    ['Elu', { nodes: [node('Elu', ['x'], { alpha: float(0.5) })] }, /Elu has alpha 0.5; 1 can be run/],
    ['Selu', { nodes: [node('Selu', ['x'], { gamma: float(3) })] }, /Selu has gamma 3/],
    ['Gemm', { nodes: [node('Gemm', ['x', 'w'], { alpha: float(2) })], constants: [floats('w', [5, 2], weight)] }, /Gemm has alpha 2/],
    ['Cast', { nodes: [node('Cast', ['x'], { to: int(10) })] }, /Cast goes to ONNX's data type 10/],
    ['Conv', { nodes: [node('Conv', ['x', 'w'])], constants: [floats('w', [2, 5, 1], weight)] }, /Conv has a filter \[2, 5, 1\]/],
    [
      'DequantizeLinear',
      {
        nodes: [node('DequantizeLinear', ['w', 's', 'z'])],
        constants: [bytes('w', [5, 2], weight), floats('s', [2], [1, 2]), bytes('z', [1], [5])],
      },
      /2 scales and 1 zero points for \[5, 2\] along axis 1/,
    ],
  ])('%s of a kind that isn’t known is refused before anything is allocated', (_, own, message) => {
    expectNoLeak(() => {
      expect(() => fromOnnx(modelOf(own))).toThrow(OnnxError);
      expect(() => fromOnnx(modelOf(own))).toThrow(message);
    });
  });
});

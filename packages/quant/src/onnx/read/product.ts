import { dispose, keep, tensor, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { linear, type ActivationName, type Padding } from '@x/tensor';
import { OnnxError, type OnnxNode } from '@x/tensor/onnx';
import {
  dequantizeTensor,
  int8Conv2d,
  int8DepthwiseConv2d,
  int8Linear,
  quantizedConv2d,
  quantizedDepthwiseConv2d,
  quantizedLinear,
  quantizedMatrix,
  quantizeTensor,
  type Quantization,
  type QuantizedMatrix,
  type QuantizedTensor,
} from '@x/tensor/quant';
import { convolved } from '../../network/run-step.ts';
import type { Windows } from '../../network/steps.ts';
import { isQuantized, realValues, type Constant, type QuantizedConstant } from './constants.ts';
import { isIntegers } from './value.ts';

/** A product that waits for its bias, an activation and the integers of its result, to do it all in one pass. */
export interface Pending {
  readonly units: number;
  /** Whether a bias may be added yet. */
  readonly open: boolean;
  withBias(bias: Tensor): Pending;
  /** Undefined where another activation is there already. */
  withActivation(activation: 'relu' | 'relu6'): Pending | undefined;
  floats(): Tensor;
  finish(output: Required<Quantization>): QuantizedTensor;
}

/** A weight of a model, laid out for its products. */
export interface Product {
  readonly units: number;
  on(x: Tensor | QuantizedTensor, bias: Tensor | undefined): Pending;
  dispose(): void;
}

/** The product with a weight [inputs, units], or its transpose. */
export function linearProduct(weight: Constant | QuantizedConstant, transposed = false): Product {
  if (weight.shape.length !== 2) throw new OnnxError('Malformed', `A weight of a product has the shape [${weight.shape.join(', ')}].`);
  const [inputs, units] = (transposed ? [...weight.shape].reverse() : weight.shape) as [number, number];
  const unitAxis = transposed ? 0 : 1;
  if (isQuantized(weight) && (weight.axis === undefined || (weight.block === undefined && weight.axis === unitAxis)))
    return productOf(quantizedMatrix(weight.integers, inputs, units, { ...scalesOf(weight), transposed }), undefined);
  const grouped = isQuantized(weight) && weight.block !== undefined && weight.axis === 0 && !transposed && weight.block % 8 === 0;
  if (grouped && inputs % (weight.block as number) === 0)
    return productOf(
      quantizedMatrix(weight.integers, inputs, units, { ...scalesOf(weight), groupSize: weight.block as number }),
      undefined,
    );
  const values = isQuantized(weight) ? realValues(weight) : Float32Array.from(weight.values);
  const matrix = transposed ? turned(values, units, inputs) : values;
  return floatProduct(keep(tensor(matrix, [inputs, units], 'float32')), undefined);
}

/** The convolution with a filter [filters, channels / groups, height, width]. */
export function convolutionProduct(node: OnnxNode, filter: Constant | QuantizedConstant): Product {
  if (filter.shape.length !== 4)
    throw new OnnxError(
      'Malformed',
      `${node.op} has a filter [${filter.shape.join(', ')}]; [filters, channels, height, width] can be run.`,
    );
  const [filters, channels, height, width] = filter.shape as [number, number, number, number];
  const windows = windowsOf(node, channels, [height, width]);
  const [taps, each] = [height * width, windows.depthwise ? 1 : channels];
  if (isQuantized(filter) && (filter.axis === undefined || (filter.axis === 0 && filter.block === undefined))) {
    const values = filterLast(filter.integers, taps, each, filters);
    return productOf(quantizedMatrix(values, taps * each, filters, scalesOf(filter)), windows, () => floatConvolution(filter, windows));
  }
  return floatConvolution(filter, windows);
}

function floatConvolution(filter: Constant | QuantizedConstant, windows: Windows): Product {
  const [filters, channels, height, width] = filter.shape as [number, number, number, number];
  const own = isQuantized(filter) ? realValues(filter) : Float32Array.from(filter.values);
  const values = filterLast(own, height * width, windows.depthwise ? 1 : channels, filters);
  const shape = windows.depthwise ? [height, width, windows.channels, filters / windows.channels] : [height, width, channels, filters];
  return floatProduct(keep(tensor(values, shape, 'float32')), windows);
}

function scalesOf({ scales, zeros }: QuantizedConstant): { scales: Float32Array; zeroPoints?: Int32Array } {
  return { scales, ...(zeros.some((zero) => zero !== 0) && { zeroPoints: zeros }) };
}

/** `inFloat` makes the product for images that come in float, which ONNX convolves in float. */
function productOf(weight: QuantizedMatrix, windows: Windows | undefined, inFloat?: () => Product): Product {
  const { units } = weight;
  let float: Product | undefined;
  const place = windows && { kernelSize: windows.window, strides: windows.strides, dilations: windows.dilation, pad: windows.padding };
  const pending = (x: Tensor | QuantizedTensor, bias: Tensor | undefined, activation: ActivationName): Pending => ({
    units,
    open: bias === undefined && activation === 'linear',
    withBias: (own) => pending(x, own, activation),
    withActivation: (own) => (activation === 'linear' ? pending(x, bias, own) : undefined),
    floats: () => {
      if (!place) return quantizedLinear(realOf(x), weight, bias, { activation, inputQuantization: isIntegers(x) ? x : 'none' });
      if (isIntegers(x))
        return (windows?.depthwise ? quantizedDepthwiseConv2d : quantizedConv2d)(x, weight, bias, { ...place, activation });
      float ??= (inFloat as () => Product)();
      const waiting = float.on(x, bias);
      return (activation === 'linear' ? waiting : (waiting.withActivation(activation as 'relu') as Pending)).floats();
    },
    finish: (output) => {
      if (!isIntegers(x) || weight.groupSize !== undefined) return quantizeTensor(pending(x, bias, activation).floats(), output);
      const options = { output, activation: activation as 'relu' };
      if (!place) return int8Linear(x, weight, bias, options);
      return (windows?.depthwise ? int8DepthwiseConv2d : int8Conv2d)(x, weight, bias, { ...place, ...options });
    },
  });
  return {
    units,
    on: (x, bias) => pending(x, bias, 'linear'),
    dispose: () => {
      weight.dispose();
      float?.dispose();
    },
  };
}

function floatProduct(weight: Tensor, windows: Windows | undefined): Product {
  const units = windows?.depthwise ? (weight.shape[2] as number) * (weight.shape[3] as number) : (weight.shape.at(-1) as number);
  const pending = (x: Tensor | QuantizedTensor, bias: Tensor | undefined, activation: ActivationName): Pending => ({
    units,
    open: bias === undefined && activation === 'linear',
    withBias: (own) => pending(x, own, activation),
    withActivation: (own) => (activation === 'linear' ? pending(x, bias, own) : undefined),
    floats: () =>
      windows
        ? convolved(realOf(x), weight as Tensor4D, bias, windows, { activation, slope: 0 })
        : linear(realOf(x), weight, bias, { activation }),
    finish: (output) => quantizeTensor(pending(x, bias, activation).floats(), output),
  });
  return { units, on: (x, bias) => pending(x, bias, 'linear'), dispose: () => dispose(weight) };
}

function realOf(x: Tensor | QuantizedTensor): Tensor {
  return isIntegers(x) ? dequantizeTensor(x) : x;
}

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)] as number);
}

/** [filters, channels, taps] as [taps, channels, filters]. */
function filterLast<T extends Int8Array | Float32Array>(values: T, taps: number, channels: number, filters: number): T {
  const last = values.slice() as T;
  for (let filter = 0; filter < filters; filter++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < taps; tap++)
        last[(tap * channels + channel) * filters + filter] = values[(filter * channels + channel) * taps + tap] as number;
  return last;
}

/** A node's attributes about windows, with ONNX's defaults. */
interface WindowFields {
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly group?: number;
  readonly auto_pad?: string;
  readonly pads?: readonly number[];
  readonly ceil_mode?: number;
}

/** How a node's windows lie on images. */
export function windowsOf(node: OnnxNode, channels: number, window: readonly [number, number]): Windows {
  const { strides = [1, 1], dilations: dilation = [1, 1], group = 1 } = node.attributes as WindowFields;
  const depthwise = group > 1;
  if (depthwise && channels !== 1)
    throw new OnnxError('Malformed', `${node.op} has groups of ${channels} channels; of one channel each, or all together, can be run.`);
  return { channels: depthwise ? group : channels, window, strides, dilation, depthwise, padding: paddingOf(node) };
}

export function paddingOf({ op, attributes }: OnnxNode): Padding {
  const { auto_pad: automatic = 'NOTSET', pads = [0, 0, 0, 0], ceil_mode: ceil = 0 } = attributes as WindowFields;
  if (automatic === 'SAME_UPPER') return 'same';
  const [first = 0, ...others] = pads;
  if ((automatic !== 'NOTSET' && automatic !== 'VALID') || others.some((pad) => pad !== first) || ceil !== 0)
    throw new OnnxError(
      'Malformed',
      `${op} has auto_pad ${automatic}, pads [${pads.join(', ')}] and ceil_mode ${ceil}; equal margins and SAME_UPPER can be run.`,
    );
  return first === 0 ? 'valid' : first;
}

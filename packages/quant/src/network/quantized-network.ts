import { clone, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Layer, Shape } from '@x/tensor';
import type { QuantizedTensor } from '@x/tensor/quant';
import { show } from '../validation.ts';
import type { Windows } from './steps.ts';
import { disposeStep, floatsOf, runNetworkStep, type NetworkStep } from './quantized-step.ts';
import type { QuantizationReport } from './report.ts';

/** A network in few bits. It runs, but doesn't train; `variables` is empty. */
export interface QuantizedNetwork extends Layer {
  readonly kind: 'quantized';
  readonly steps: readonly NetworkStep[];
  /** What quantization cost, layer by layer, as it was found when the network was made. */
  report(): QuantizationReport;
}

/** The network of steps, which it owns from now on but for layers kept in float. */
export function quantizedNetwork(steps: readonly NetworkStep[], report: QuantizationReport): QuantizedNetwork {
  let disposed = false;
  return {
    kind: 'quantized',
    variables: {},
    steps,
    report: () => report,
    apply: (x) => {
      if (disposed) throw new Error('quantized.apply: the network is disposed; dispose it only after its last use.');
      return tidy(() => runNetwork(steps, x));
    },
    outputShape: (shape) => steps.reduce(shapeAfter, shape),
    dispose: () => {
      disposed = true;
      for (const step of steps) disposeStep(step);
    },
  };
}

/** All steps on an input, each result disposed after its use. */
export function runNetwork(steps: readonly NetworkStep[], x: Tensor): Tensor {
  let value: Tensor | QuantizedTensor = x;
  for (const step of steps) {
    const next = runNetworkStep(step, value);
    if (value !== x && value !== next) value.dispose();
    value = next;
  }
  return value === x ? clone(x) : floatsOf(value);
}

function shapeAfter(shape: Shape, step: NetworkStep): Shape {
  if (step.kind === 'float') return step.layer.outputShape(shape);
  if (step.kind === 'flatten') {
    const [batch = null, ...sizes] = shape;
    return [batch, sizes.includes(null) ? null : (sizes as number[]).reduce((product, size) => product * size, 1)];
  }
  if (step.kind === 'maxPool') return windowedShape(shape, step.windows, [1, 1], shape.at(-1) ?? null);
  if (step.kind === 'floatLinear' && step.windows)
    return windowedShape(shape, step.windows, step.windows.dilation, step.weight.shape[3] as number);
  const [inputs, units] = step.weight.shape as [number, number];
  if (shape.length === 0 || (shape.at(-1) !== null && shape.at(-1) !== inputs))
    throw new RangeError(`quantized.outputShape: the shape ${show([...shape])} must end in ${inputs} at layer ${step.name}.`);
  return [...shape.slice(0, -1), units];
}

/** [batch, height, width, channels] to [batch, rows, columns, outputs]. */
function windowedShape(
  shape: Shape,
  { window, strides, padding }: Pick<Windows, 'window' | 'strides' | 'padding'>,
  dilation: readonly [number, number],
  outputs: number | null,
): Shape {
  const [batch = null, height = null, width = null] = shape;
  const along = (size: number | null, axis: 0 | 1): number | null => {
    if (size === null) return null;
    if (padding === 'same') return Math.ceil(size / strides[axis]);
    const margin = padding === 'valid' ? 0 : 2 * padding;
    return Math.floor((size + margin - (window[axis] - 1) * dilation[axis] - 1) / strides[axis]) + 1;
  };
  return [batch, along(height, 0), along(width, 1), outputs];
}

import { clone, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Layer, QuantizedTensor, Shape } from '@x/tensor';
import { show } from '../validation.ts';
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
  const [inputs, units] = step.weight.shape as [number, number];
  if (shape.length === 0 || (shape.at(-1) !== null && shape.at(-1) !== inputs))
    throw new RangeError(`quantized.outputShape: the shape ${show([...shape])} must end in ${inputs} at layer ${step.name}.`);
  return [...shape.slice(0, -1), units];
}

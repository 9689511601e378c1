import { clone, tidy } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { disposeStep, runNetworkSteps, type NetworkStep } from './quantized-step.ts';
import type { QuantizationReport } from './report.ts';
import { shapeAfterSteps } from './step-shape.ts';

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
    apply: (x, context) => {
      if (disposed) throw new Error('quantized.apply: the network is disposed; dispose it only after its last use.');
      return tidy(() => {
        const y = runNetworkSteps(steps, x, context);
        return y === x ? clone(x) : y;
      });
    },
    outputShape: (shape) => shapeAfterSteps(steps, shape),
    dispose: () => {
      disposed = true;
      for (const step of steps) disposeStep(step);
    },
  };
}

import { dispose, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { type Layer } from '@x/tensor';
import { fakeQuantize } from '@x/tensor/quant';
import { quantizationParameters, type QuantizationParameters } from '../arithmetic/quantization-parameters.ts';
import { minMax } from '../observers/min-max.ts';
import type { Observer } from '../observers/observer.ts';
import { checkNumber, show } from '../validation.ts';
import { checkGridOptions, dequantizeWeight, roundToGrid, weightGrid, type GridOptions } from '../weights/weight-grid.ts';
import { calibrate } from './calibrate.ts';
import { divided, linearOf, runStep } from './run-step.ts';
import { holdSamples, type Samples } from './samples.ts';
import { stepsOf, type LinearStep, type Step } from './steps.ts';

export interface SimulatedActivations {
  /** Width, 2 to 16. Default 8. */
  readonly bits?: number;
  /** Default {@link minMax}. */
  readonly observer?: Observer;
  /** Whether zero points are 0. Default false. */
  readonly symmetric?: boolean;
}

export interface SimulateOptions {
  /** Grid of the weights, of 2 to 16 bits; left out: weights stay in float. */
  readonly weights?: GridOptions;
  /** Of the inputs of linear layers; left out: they stay in float. */
  readonly activations?: SimulatedActivations;
  /** Typical inputs; needed for activations. */
  readonly calibrate?: Samples;
  /** Only these linear layers; left out: all. */
  readonly layers?: readonly string[];
  /** What to do about layers that can't be quantized. Default `refuse`. */
  readonly unsupported?: 'refuse' | 'float';
}

/**
 * A network that computes in float what one of few bits would: weights rounded to a grid, and inputs of linear layers rounded
 * by ranges that calibration found. For widths that no kernel runs, and to see what each layer would lose.
 *
 * @returns A network that doesn't train, with weights of its own.
 * @throws {TypeError | RangeError} before anything is made, as {@link quantize}.
 * @example
 * const sixBits = await simulate(net, { weights: { bits: 6 }, activations: { bits: 6 }, calibrate: samples });
 */
export async function simulate(net: Layer, options: SimulateOptions = {}): Promise<Layer> {
  const where = 'simulate';
  const { weights, activations, layers, unsupported = 'refuse' } = options;
  const steps = stepsOf(where, net, { keepUnsupported: unsupported === 'float' });
  const names = steps.filter((step) => step.kind === 'linear').map(({ name }) => name);
  for (const name of layers ?? [])
    if (!names.includes(name))
      throw new RangeError(`${where}: layers names ${show(name)}, but the linear layers are ${names.join(', ') || 'none'}.`);
  const chosen = (step: Step): boolean => step.kind === 'linear' && (layers?.includes(step.name) ?? true);
  for (const step of steps)
    if (weights && step.kind === 'linear' && chosen(step)) checkGridOptions(`${where}: layer ${step.name}`, weights, step.inputs);
  if (activations) checkNumber(where, 'activations.bits', activations.bits ?? 8, { least: 2, most: 16, whole: true });
  if (activations && options.calibrate === undefined)
    throw new TypeError(
      `${where}: calibrate is missing, but activations need samples; give it typical inputs, such as 100 training examples.`,
    );

  const rounded = steps.map((step): Step => {
    if (!weights || step.kind !== 'linear' || !chosen(step)) return step;
    const matrix = { values: step.weight, inputs: step.inputs, units: step.units };
    return { ...step, weight: dequantizeWeight(roundToGrid(matrix, weightGrid(matrix, weights))) };
  });
  const ranges = activations && new Map(await inputRanges(where, steps, options.calibrate as Samples, activations));
  const inputOf = (index: number): QuantizationParameters | undefined => {
    const step = steps[index] as Step;
    return ranges && chosen(step) ? ranges.get(step as LinearStep) : undefined;
  };
  return {
    kind: 'simulated',
    variables: {},
    apply: (x) => tidy(() => rounded.reduce((value, step, index) => runRounded(step, value, inputOf(index)), x)),
    outputShape: (shape) => net.outputShape(shape),
    dispose: () => {},
  };
}

/** Quantization of each linear step's input. */
async function inputRanges(
  where: string,
  steps: readonly Step[],
  samples: Samples,
  { bits = 8, observer = minMax(), symmetric = false }: SimulatedActivations,
): Promise<[LinearStep, QuantizationParameters][]> {
  const held = await holdSamples(where, samples);
  try {
    const records = calibrate(where, steps, held, { observer: observer, needsHessian: () => false });
    return Array.from(records, ([step, { observed }]) => {
      const { min, max } = observer.range(observed, { bits, symmetric });
      return [step, quantizationParameters(Math.min(min, 0), Math.max(max, 0), { bits, symmetric })];
    });
  } finally {
    dispose(held);
  }
}

function runRounded(step: Step, x: Tensor, input: QuantizationParameters | undefined): Tensor {
  if (step.kind !== 'linear' || !input) return runStep(step, x);
  const { scale, zeroPoint, least, most } = input;
  const scaled = step.inputScales ? divided(x, step.inputScales) : x;
  const bits = Math.ceil(Math.log2(most - least + 1));
  return linearOf(step, fakeQuantize(scaled, scale, { bits, zeroPoint, narrow: least === -most }), step.weight);
}

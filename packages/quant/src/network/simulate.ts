import { dispose, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { type Layer } from '@x/tensor';
import { fakeQuantize } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { quantizationParameters, type QuantizationParameters } from '../arithmetic/quantization-parameters.ts';
import { minMax } from '../observers/min-max.ts';
import type { Observer } from '../observers/observer.ts';
import { checkNumber, show } from '../validation.ts';
import { checkGridOptions, dequantizeWeight, roundToGrid, weightGrid, type GridOptions } from '../weights/weight-grid.ts';
import { calibrate } from './calibrate.ts';
import { divided, linearOf, runLinear, runSteps } from './run-step.ts';
import { holdSamples, type Samples } from './samples.ts';
import { linearSteps, mapRows, stepsOf, type LinearStep } from './steps.ts';

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
  checkOptions('simulate', options);
  const where = 'simulate';
  const { weights, activations, layers, unsupported = 'refuse' } = options;
  const steps = stepsOf(where, net, { keepUnsupported: unsupported === 'float' });
  const linear = linearSteps(steps);
  const names = linear.map(({ name }) => name);
  for (const name of layers ?? [])
    if (!names.includes(name))
      throw new RangeError(`${where}: layers names ${show(name)}, but the linear layers are ${names.join(', ') || 'none'}.`);
  const chosen = (step: LinearStep): boolean => layers?.includes(step.name) ?? true;
  for (const step of linear) if (weights && chosen(step)) checkGridOptions(`${where}: layer ${step.name}`, weights, step.inputs);
  if (activations) checkNumber(where, 'activations.bits', activations.bits ?? 8, { least: 2, most: 16, whole: true });
  if (activations && options.calibrate === undefined)
    throw new TypeError(
      `${where}: calibrate is missing, but activations need samples; give it typical inputs, such as 100 training examples.`,
    );

  const rounded = mapRows(steps, (row) =>
    row.map((step) => {
      if (!weights || step.kind !== 'linear' || !chosen(step)) return step;
      const matrix = { values: step.weight, inputs: step.inputs, units: step.units };
      return { ...step, weight: dequantizeWeight(roundToGrid(matrix, weightGrid(matrix, weights))) };
    }),
  );
  const ranges = activations && new Map(await inputRanges(where, steps, options.calibrate as Samples, activations));
  const runRounded = (step: LinearStep, x: Tensor): Tensor => {
    const input = chosen(step) ? ranges?.get(step.name) : undefined;
    return input ? withRoundedInput(step, x, input) : runLinear(step, x);
  };
  return {
    kind: 'simulated',
    variables: {},
    apply: (x, context) => tidy(() => runSteps(rounded, x, context, { linear: runRounded })),
    outputShape: (shape) => net.outputShape(shape),
    dispose: () => {},
  };
}

/** Quantization of each linear step's input, by its name. */
async function inputRanges(
  where: string,
  steps: Parameters<typeof calibrate>[1],
  samples: Samples,
  { bits = 8, observer = minMax(), symmetric = false }: SimulatedActivations,
): Promise<[string, QuantizationParameters][]> {
  const held = await holdSamples(where, samples);
  try {
    const { linear } = calibrate(where, steps, held, { observer: observer, needsHessian: () => false });
    return Array.from(linear, ([step, { observed }]) => {
      const { min, max } = observer.range(observed, { bits, symmetric });
      return [step.name, quantizationParameters(Math.min(min, 0), Math.max(max, 0), { bits, symmetric })];
    });
  } finally {
    dispose(held);
  }
}

function withRoundedInput(step: LinearStep, x: Tensor, { scale, zeroPoint, least, most }: QuantizationParameters): Tensor {
  const scaled = step.inputScales ? divided(x, step.inputScales) : x;
  const bits = Math.ceil(Math.log2(most - least + 1));
  return linearOf(step, fakeQuantize(scaled, scale, { bits, zeroPoint, narrow: least === -most }), step.weight);
}

import { dispose } from '@tensorflow/tfjs-core';
import type { RequantizationRounding } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import type { QuantizationParameters } from '../arithmetic/quantization-parameters.ts';
import { assemble, type LinearPlan } from '../network/assemble.ts';
import { disposeStep, type NetworkStep, type QuantizedStep } from '../network/quantized-step.ts';
import { quantizedNetwork, type QuantizedNetwork } from '../network/quantized-network.ts';
import { reportOf } from '../network/report.ts';
import { holdSamples, type Samples } from '../network/samples.ts';
import { linearSteps, stepsOf, type LinearStep } from '../network/steps.ts';
import { show } from '../validation.ts';
import { roundToGrid, type WeightGrid } from '../weights/weight-grid.ts';
import type { FakeQuantLinear, FakeQuantNetwork } from './fake-quant.ts';

export interface ConvertOptions {
  /** Inputs for the report; without them it tells bytes only. */
  readonly samples?: Samples;
  /** Of sums to 8 bits. Default `fp32`. */
  readonly rounding?: RequantizationRounding;
}

/**
 * The network in few bits that a {@link fakeQuant} network was trained to be: the same steps, now in integers. The trained
 * network stays as it is.
 *
 * @throws {TypeError | RangeError} if it is no such network, saw no training batch, or has activations of another width than 8,
 *   which no kernel takes.
 */
export async function convert(net: FakeQuantNetwork, options: ConvertOptions = {}): Promise<QuantizedNetwork> {
  const { samples, rounding = 'fp32' } = checkOptions('convert', options);
  const where = 'convert';
  if (net?.kind !== 'fakeQuant') throw new TypeError(`${where}: net is ${show(net)}, but must be what fakeQuant() made.`);
  const steps = stepsOf(where, net.net);
  const plans = new Map(
    linearSteps(steps).map((step) => [step, planOf(where, step, net.quantized.get(step.name) as FakeQuantLinear, rounding)]),
  );
  const held = samples === undefined ? [] : await holdSamples(where, samples);
  const network: NetworkStep[] = [];
  try {
    assemble(network, steps, {
      planOf: (step) => plans.get(step),
      inputOfSparse: () => undefined,
      inputOfPool: () => undefined,
      outputOfPart: () => undefined,
    });
    return quantizedNetwork(network, reportOf(steps, network, held));
  } catch (error) {
    for (const step of network) disposeStep(step);
    throw error;
  } finally {
    dispose(held);
  }
}

function planOf(where: string, step: LinearStep, layer: FakeQuantLinear, rounding: RequantizationRounding): LinearPlan {
  const { weights: bits, activations } = layer;
  const most = 2 ** (bits - 1) - 1;
  // A batch normalization behind it only makes the steps others: the integers stay what they were in training.
  const scales = Float32Array.from(layer.weightSteps(), (own, unit) => own * (Math.abs(step.factors?.[unit] ?? 1) || 1));
  const grid: WeightGrid = {
    ...{ inputs: step.inputs, units: step.units, bits, groupSize: undefined, least: -most, most },
    ...{ scales, zeroPoints: new Int32Array(scales.length) },
  };
  const weight = roundToGrid({ values: step.weight, inputs: step.inputs, units: step.units }, grid);
  return {
    scheme: bits > 4 ? 'int8' : 'int4',
    // Filters of each channel are kept in whole bytes.
    weight: step.windows?.depthwise && bits < 5 ? { ...weight, bits: 8 } : weight,
    bias: step.bias,
    input: inputOf(where, step, activations, layer.input()),
    rounding,
  };
}

function inputOf(
  where: string,
  { name, windows }: LinearStep,
  bits: number | false,
  found: QuantizationParameters | undefined,
): QuantizedStep['input'] {
  // A convolution's kernels take integers, of 8 bits by the images' own range.
  if (bits === false) return windows ? 'dynamic' : 'none';
  if (bits !== 8)
    throw new RangeError(
      `${where}: layer ${name} has activations of ${bits} bits, but the kernels take 8; train with { activations: 8 }, or use the network as it is.`,
    );
  if (!found)
    throw new RangeError(
      `${where}: layer ${name} saw no training step in which its input was quantized; train it first, longer than its delay.`,
    );
  // Integers of the kernels begin at -128.
  return { scale: found.scale, zeroPoint: found.zeroPoint - found.least - 128, type: 'int8' };
}

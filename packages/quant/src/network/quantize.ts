import { dispose } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { chooseQuantization, type Quantization, type RequantizationRounding } from '@x/tensor/quant';
import { checkOptions } from '@x/tensor/arguments';
import { minMax } from '../observers/min-max.ts';
import type { Observer } from '../observers/observer.ts';
import { checkChoice, checkNumber, show } from '../validation.ts';
import { awqScales } from '../weights/awq.ts';
import { binaryWeight, ternaryWeight } from '../weights/few-values.ts';
import { gptq } from '../weights/gptq.ts';
import {
  checkGridOptions,
  dequantizeWeight,
  roundToGrid,
  weightGrid,
  type GridOptions,
  type QuantizedWeight,
} from '../weights/weight-grid.ts';
import { calibrate, type Calibration, type InputRecord } from './calibrate.ts';
import { assemble } from './assemble.ts';
import { disposeStep, type NetworkStep, type QuantizedStep } from './quantized-step.ts';
import { quantizedNetwork, type QuantizedNetwork } from './quantized-network.ts';
import { reportOf } from './report.ts';
import { equalized, rescaled, smoothed } from './rescale.ts';
import { holdSamples, type Samples } from './samples.ts';
import { activationModeOf, gridOf, schemes, type ActivationMode, type Scheme } from './scheme.ts';
import type { SparseStep } from './sparse-step.ts';
import { linearSteps, mapRows, quantizableSteps, stepsOf, type LinearStep, type PoolStep, type Step } from './steps.ts';

/** How weights become integers. */
export interface WeightOptions extends GridOptions {
  /** To the `nearest` integer, by {@link gptq}, or to the nearest after {@link awqScales}. Default `nearest`. */
  readonly method?: 'nearest' | 'gptq' | 'awq';
  /** Of `gptq`; see there. */
  readonly actOrder?: boolean;
  /** Of `gptq`; see there. */
  readonly damping?: number;
}

export interface QuantizeOptions {
  /** Default `int8`. */
  readonly scheme?: Scheme;
  /** Schemes of single layers by name, such as `{ '0': 'float' }`; others have `scheme`. */
  readonly layers?: Readonly<Record<string, Scheme>>;
  /** Typical inputs, a few hundred examples. Needed for `int8`, and for whatever else looks at activations. */
  readonly calibrate?: Samples;
  readonly weights?: WeightOptions;
  /** Default `calibrated` for `int8`, `dynamic` for the others. */
  readonly activations?: ActivationMode;
  /** Finds ranges of activations. Default {@link minMax}. */
  readonly observer?: Observer;
  /** Whether layers in a row are given equal ranges first; see {@link equalizingFactors}. Default false. */
  readonly equalize?: boolean;
  /** Alpha of {@link smoothingFactors}, from 0 to 1; left out: no smoothing. */
  readonly smooth?: number;
  /** Whether biases make good what rounding the weights changes in the mean output. Default false. */
  readonly correctBias?: boolean;
  /** What to do about layers that can't be quantized. Default `refuse`. */
  readonly unsupported?: 'refuse' | 'float';
  /** Of sums to 8 bits. Default `fp32`. */
  readonly rounding?: RequantizationRounding;
}

/**
 * A network in few bits that runs in few bits. The original is left as it is, and may be disposed afterwards, unless layers that can't be
 * quantized are kept in float.
 *
 * Linear layers and convolutions become integers, with batch normalization and activations behind them; dropout disappears. Where
 * one `int8` layer follows another, through shapes, pools and residual connections, integers pass between them. Linear layers within
 * containers (residual connections, attention) are quantized too; normalization elsewhere and embeddings stay in float. Names of
 * layers are their places: `2`, or `2.0` in a nested sequence, `3.inner.0` or `3.qkv` in a container.
 *
 * Layers of `sparseLinear` of `@x/sparse` have 8-bit integers at their non-zeros, with a step for each unit, for `int8`.
 *
 * Convolutions have a step for each filter, whatever `groupSize` says, and of the weights' methods `nearest`.
 *
 * @returns A network with `apply`, `report()` and `dispose()`.
 * @throws {TypeError | RangeError} before anything is made: if layers can't be quantized (all are named), samples are needed and
 *   missing, or hold NaN (with the layer's name), or an option is out of range.
 * @example
 * const q = await quantize(net, { scheme: 'int8', calibrate: samples });
 * q.apply(x);
 * console.log(formatReport(q.report()));
 */
export async function quantize(net: Layer, options: QuantizeOptions = {}): Promise<QuantizedNetwork> {
  checkOptions('quantize', options);
  const where = 'quantize';
  const { scheme = 'int8', equalize = false, smooth, correctBias = false, unsupported = 'refuse', rounding = 'fp32' } = options;
  const { weights = {}, observer = minMax() } = options;
  checkChoice(where, 'scheme', scheme, schemes);
  checkChoice(where, 'unsupported', unsupported, ['refuse', 'float']);
  if (smooth !== undefined) checkNumber(where, 'smooth', smooth, { least: 0, most: 1 });
  const { method = 'nearest' } = weights;
  checkChoice(where, 'weights.method', method, ['nearest', 'gptq', 'awq']);
  let steps = stepsOf(where, net, { keepUnsupported: unsupported === 'float' });
  const plan = planOf(where, steps, options, scheme);
  const { schemeOf, modeOf, gridOptionsOf } = plan;
  const quantizable = quantizableSteps(steps);
  if (options.layers === undefined && !quantizable.some((step) => schemeOf(step) !== 'float'))
    throw new RangeError(`${where}: no layer would be quantized; the network has ${quantizable.length} linear layers.`);

  const quantizes = (step: Step): step is LinearStep => step.kind === 'linear' && schemeOf(step) !== 'float';
  const reasons = [
    ...(quantizable.some((step) => schemeOf(step) !== 'float' && modeOf(step) === 'calibrated') ? ['calibrated activations'] : []),
    ...(method === 'nearest' ? [] : [method]),
    ...(smooth === undefined ? [] : ['smooth']),
    ...(correctBias ? ['correctBias'] : []),
  ];
  if (reasons.length > 0 && options.calibrate === undefined)
    throw new TypeError(
      `${where}: calibrate is missing, but ${reasons.join(' and ')} can't do without samples; give typical inputs, such as 100 training examples.`,
    );

  for (const step of quantizable) if (schemeOf(step) !== 'float') refuseOdd(where, step);
  const samples = options.calibrate === undefined ? [] : await holdSamples(where, options.calibrate);
  const network: NetworkStep[] = [];
  try {
    const look = (current: readonly Step[], hessians: boolean): Calibration =>
      calibrate(where, current, samples, { observer, needsHessian: (step) => hessians && quantizes(step) });
    const originals = steps;
    if (equalize) steps = equalized(steps);
    if (smooth !== undefined) steps = smoothed(steps, look(steps, false).linear, smooth);
    if (method === 'awq') {
      const { linear: records } = look(steps, true);
      steps = mapRows(steps, (row) => activationAware(row, records, quantizes, gridOptionsOf));
    }
    const seen = samples.length > 0 ? look(steps, method === 'gptq') : undefined;
    const quantizationOf = (observed: unknown): Required<Quantization> => {
      const { min, max } = observer.range(observed);
      return chooseQuantization(Math.min(min, 0), Math.max(max, 0));
    };
    const inputOf = (step: LinearStep): QuantizedStep['input'] => {
      const mode = modeOf(step);
      if (mode !== 'calibrated') return mode === 'float' ? 'none' : 'dynamic';
      const record = seen?.linear.get(step) as InputRecord;
      return quantizationOf(record.observed);
    };
    assemble(network, steps, {
      inputOfSparse: (step) => {
        if (schemeOf(step) === 'float') return undefined;
        return modeOf(step) === 'calibrated' ? quantizationOf(seen?.ranges.get(step)) : 'dynamic';
      },
      planOf: (step) => {
        if (schemeOf(step) === 'float') return undefined;
        const record = seen?.linear.get(step);
        const weight = integersOf(step, schemeOf(step), gridOptionsOf(step), weights, record?.hessian);
        const bias = correctBias ? correctedBias(step, weight, record as InputRecord) : step.bias;
        return { scheme: schemeOf(step), weight, bias, input: inputOf(step), rounding };
      },
      inputOfPool: (step: PoolStep) => seen && quantizationOf(seen.ranges.get(step)),
      outputOfPart: (step, part) => {
        const states = seen?.parts.get(step);
        return states && quantizationOf(states.get(part));
      },
    });
    return quantizedNetwork(network, reportOf(steps, network, samples, originals));
  } catch (error) {
    for (const step of network) disposeStep(step);
    throw error;
  } finally {
    dispose(samples);
  }
}

/** @throws {RangeError} naming the layer, if a weight or a bias is NaN or infinite. */
function refuseOdd(where: string, step: LinearStep | SparseStep): void {
  const { weight, bias } =
    step.kind === 'linear' ? step : { weight: step.layer.variables.values.dataSync(), bias: step.layer.variables.bias?.dataSync() };
  for (const [what, values] of Object.entries({ weight, bias })) {
    const odd = Array.prototype.findIndex.call(values ?? [], (value: number) => !Number.isFinite(value));
    if (odd >= 0)
      throw new RangeError(
        `${where}: the ${what} of layer ${step.name} has ${values?.[odd]} at element ${odd}, which no integer stands for; did training diverge?`,
      );
  }
}

interface Plan {
  schemeOf(step: LinearStep | SparseStep): Scheme;
  modeOf(step: LinearStep | SparseStep): ActivationMode;
  gridOptionsOf(step: LinearStep): GridOptions;
}

/** @throws {RangeError} if an option of a layer is out of range or names none. */
function planOf(where: string, steps: readonly Step[], options: QuantizeOptions, scheme: Scheme): Plan {
  const { layers = {}, activations, weights = {} } = options;
  const linear = linearSteps(steps);
  const quantizable = quantizableSteps(steps);
  for (const [name, own] of Object.entries(layers)) {
    checkChoice(where, `layers['${name}']`, own, schemes);
    if (!quantizable.some((step) => step.name === name))
      throw new RangeError(
        `${where}: layers names ${show(name)}, but the linear layers are ${quantizable.map((step) => step.name).join(', ') || 'none'}.`,
      );
  }
  if (activations !== undefined) checkChoice(where, 'activations', activations, ['calibrated', 'dynamic', 'float']);
  const { method: _, actOrder: __, damping: ___, ...gridOptions } = weights;
  const plan: Plan = {
    schemeOf: (step) => {
      const own = layers[step.name];
      // Sparse layers have 8-bit integers or none.
      return own ?? (step.kind === 'sparse' && scheme !== 'int8' && options.unsupported === 'float' ? 'float' : scheme);
    },
    // Between convolutions integers pass where samples say what they stand for.
    modeOf: (step) =>
      activations ??
      ('windows' in step && step.windows && options.calibrate !== undefined ? 'calibrated' : activationModeOf(plan.schemeOf(step))),
    gridOptionsOf: (step) => gridOf(plan.schemeOf(step), step, gridOptions),
  };
  for (const step of quantizable) {
    const own = plan.schemeOf(step);
    if (step.kind === 'sparse' && own !== 'float' && (own !== 'int8' || plan.modeOf(step) === 'float'))
      throw new RangeError(
        `${where}: layer ${step.name} is sparse, and its values and inputs become 8-bit integers or stay in float; use { layers: { '${step.name}': 'int8' } }${own === 'int8' ? ` with { activations: 'dynamic' }` : ''}, or 'float'.`,
      );
  }
  for (const step of linear) {
    const own = plan.schemeOf(step);
    if (own !== 'int8' && own !== 'int4') continue;
    if (step.windows && plan.modeOf(step) === 'float')
      throw new RangeError(
        `${where}: layer ${step.name} is a convolution, which needs activations in integers; use { activations: 'dynamic' }, or { layers: { '${step.name}': 'float' } }.`,
      );
    const grid = plan.gridOptionsOf(step);
    checkGridOptions(`${where}: layer ${step.name}`, grid, step.inputs);
    checkNumber(`${where}: layer ${step.name}`, 'bits', grid.bits, { least: 2, most: 8 });
    if (grid.groupSize !== undefined && grid.groupSize % 8 !== 0)
      throw new RangeError(`${where}: groupSize is ${grid.groupSize}, but the kernels need a multiple of 8, such as 32, 64 or 128.`);
    if (grid.groupSize !== undefined && plan.modeOf(step) === 'calibrated')
      throw new RangeError(
        `${where}: groupSize is ${grid.groupSize}, but calibrated activations need weights without groups; use { activations: 'dynamic' }.`,
      );
  }
  return plan;
}

function integersOf(
  step: LinearStep,
  scheme: Scheme,
  grid: GridOptions,
  options: WeightOptions,
  hessian: Float64Array | undefined,
): QuantizedWeight {
  const matrix = { values: step.weight, inputs: step.inputs, units: step.units };
  if (scheme === 'ternary') return ternaryWeight(matrix);
  if (scheme === 'binary') return binaryWeight(matrix);
  const { method, actOrder, damping } = options;
  if (method === 'gptq' && hessian)
    return gptq(matrix, hessian, { ...grid, ...(actOrder !== undefined && { actOrder }), ...(damping !== undefined && { damping }) });
  return roundToGrid(matrix, weightGrid(matrix, grid));
}

function activationAware(
  steps: readonly Step[],
  records: ReadonlyMap<LinearStep, InputRecord>,
  quantizes: (step: Step) => step is LinearStep,
  gridOptionsOf: (step: LinearStep) => GridOptions,
): Step[] {
  let current = [...steps];
  steps.forEach((step, index) => {
    if (!quantizes(step) || step.windows) return;
    const { sumOfSizes, hessian, rows } = records.get(step) as InputRecord;
    const { weight, inputs, units } = current[index] as LinearStep;
    const found = awqScales(
      { values: weight, inputs, units },
      { meanSize: sumOfSizes.map((sum) => sum / rows), hessian: hessian as Float64Array },
      gridOptionsOf(step),
    );
    if (found.exponent > 0) current = rescaled(current, index, found.scales);
  });
  return current;
}

/** b - (ŵ - w)ᵀ·mean(x); of a convolution, by the means of channels, as if there were no edge. */
function correctedBias(
  { weight, bias, units, windows }: LinearStep,
  quantized: QuantizedWeight,
  { sum, rows }: InputRecord,
): Float32Array<ArrayBuffer> {
  const corrected = Float64Array.from({ length: units }, (_, unit) => bias?.[unit] ?? 0);
  const rounded = dequantizeWeight(quantized);
  const sumAt = (input: number, unit: number): number => {
    if (windows?.depthwise) return sum[Math.floor(unit / (units / windows.channels))] as number;
    return sum[input % sum.length] as number;
  };
  for (let at = 0; at < weight.length; at++) {
    const unit = at % units;
    corrected[unit]! -= ((rounded[at] as number) - (weight[at] as number)) * (sumAt(Math.floor(at / units), unit) / rows);
  }
  return Float32Array.from(corrected);
}

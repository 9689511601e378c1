import { keep, tensor } from '@tensorflow/tfjs-core';
import type { ActivationName } from '@x/tensor';
import { floatKinds, floatLayer } from '../network/float-layers.ts';
import { disposeStep, keptBias, matrixOf, type NetworkStep, type QuantizedStep } from '../network/quantized-step.ts';
import { quantizedNetwork, type QuantizedNetwork } from '../network/quantized-network.ts';
import { reportOf } from '../network/report.ts';
import { schemes, type Scheme } from '../network/scheme.ts';
import type { Windows } from '../network/steps.ts';
import { checkChoice, checkNumber, show } from '../validation.ts';
import { emptyAttention, emptyResidual, partsOf } from './described-container.ts';
import { sparseStep } from './described-sparse.ts';
import { inputOf, integersOf, numbers, quantizationOf, restOf, where, type Fields, type SafetensorsInput } from './described-values.ts';
import { windowsFrom } from './described-windows.ts';
import { unpackNibbles } from './packed-integers.ts';
import { KEY, VERSION } from './to-safetensors.ts';

const activations = ['linear', 'relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'sigmoid', 'tanh', 'softplus', 'silu', 'gelu', 'geluTanh'];

/**
 * The network of a file that {@link toSafetensors} made; what the file gave stays the caller's.
 *
 * @throws {TypeError | RangeError} if the file holds no such network or not all of it, or a value is out of range; nothing is left then.
 * @example
 * const contents = await loadSafetensors('model.safetensors');
 * const q = fromSafetensors(contents);
 * tf.dispose(contents.tensors);
 */
export function fromSafetensors(contents: SafetensorsInput): QuantizedNetwork {
  if (typeof contents?.metadata !== 'object' || typeof contents.tensors !== 'object')
    throw new TypeError(`${where}: contents is ${show(contents)}, but must be what loadSafetensors() gave.`);
  const steps = stepsOf(descriptions(contents.metadata[KEY]), contents, 0);
  try {
    return quantizedNetwork(steps, reportOf([], steps, []));
  } catch (error) {
    for (const step of steps) disposeStep(step);
    throw error;
  }
}

function descriptions(text: string | undefined): readonly Fields[] {
  if (text === undefined)
    throw new TypeError(
      `${where}: the metadata has no '${KEY}', so that the file holds no quantized network; it was written by something else.`,
    );
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${where}: metadata.${KEY} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const { version, steps } = (content ?? {}) as Fields;
  if (version !== VERSION) throw new RangeError(`${where}: the network has the version ${show(version)}, but ${VERSION} can be read.`);
  return namedSteps(`metadata.${KEY}.steps`, steps);
}

function namedSteps(at: string, steps: unknown): readonly Fields[] {
  if (
    !Array.isArray(steps) ||
    !steps.every((step) => typeof step === 'object' && step !== null && typeof (step as Fields)['name'] === 'string')
  )
    throw new TypeError(`${where}: ${at} is ${show(steps)}, but must be an array of named steps.`);
  return steps as readonly Fields[];
}

/** Containers within containers that a network may have. */
const DEEPEST = 32;

/** The steps, or none of them. */
function stepsOf(described: readonly Fields[], contents: SafetensorsInput, depth: number): NetworkStep[] {
  if (depth > DEEPEST) throw new RangeError(`${where}: the network has containers within each other, more than ${DEEPEST} deep.`);
  const steps: NetworkStep[] = [];
  try {
    for (const fields of described) steps.push(stepOf(fields, contents, depth));
    return steps;
  } catch (error) {
    for (const step of steps) disposeStep(step);
    throw error;
  }
}

function stepOf(fields: Fields, contents: SafetensorsInput, depth: number): NetworkStep {
  const { name, kind, of, shape, output, parts } = fields as Fields & { readonly name: string };
  const at = `layer ${name}: `;
  checkChoice(where, `${at}kind`, kind, [
    ...['quantized', 'quantizedSparse', 'floatLinear', 'flatten', 'reshape', 'pool', 'residual', 'attention'],
    ...floatKinds,
  ]);
  const windows = fields['windows'] === undefined ? undefined : windowsFrom(where, `${at}windows`, fields['windows'], kind === 'pool');
  switch (kind) {
    case 'flatten':
      return { kind, name };
    case 'reshape':
      if (!Array.isArray(shape)) throw new TypeError(`${where}: ${at}shape is ${show(shape)}, but must be an array.`);
      for (const size of shape) checkNumber(where, `${at}shape`, size, { least: 0, most: 2 ** 31, whole: true });
      return { kind, name, shape: shape as readonly number[] };
    case 'pool':
      checkChoice(where, `${at}of`, of, ['max', 'average']);
      return {
        ...{ kind, name, of: of as 'max' | 'average' },
        windows: windows && { window: windows.window, strides: windows.strides, padding: windows.padding },
        output: output === undefined ? undefined : quantizationOf(`${at}output`, output),
      };
    case 'residual':
    case 'attention':
      return containerStep(fields, name, kind, (parts ?? {}) as Fields, contents, depth);
    case 'quantizedSparse':
    case 'quantized':
    case 'floatLinear':
      return weightedStep(fields, at, windows, contents);
    default: {
      const start = `${name}.`;
      const own = Object.entries(contents.tensors).flatMap(([key, value]) =>
        key.startsWith(start) ? [[key.slice(start.length), value]] : [],
      );
      return {
        kind: 'float',
        name,
        layer: floatLayer(`${where}: layer ${name}`, kind as string, fields, Object.fromEntries(own)),
        owned: true,
      };
    }
  }
}

function containerStep(
  fields: Fields,
  name: string,
  kind: 'residual' | 'attention',
  parts: Fields,
  contents: SafetensorsInput,
  depth: number,
): NetworkStep {
  const at = `layer ${name}: `;
  const names = Object.keys(parts);
  if (!partsOf[kind].some((own) => own.length === names.length && own.every((part) => names.includes(part))))
    throw new TypeError(
      `${where}: ${at}parts are ${names.join(', ') || 'missing'}, but must be ${partsOf[kind].map((own) => own.join(', ')).join(' or ')}.`,
    );
  const made: Record<string, readonly NetworkStep[]> = {};
  try {
    for (const part of names) made[part] = stepsOf(namedSteps(`${at}parts.${part}`, parts[part]), contents, depth + 1);
    const layer = kind === 'residual' ? emptyResidual(names) : emptyAttention(fields, at, made);
    return { kind: 'composite', name, layer, parts: made, integers: integersOf(`${at}integers`, fields['integers']) };
  } catch (error) {
    for (const step of Object.values(made).flat()) disposeStep(step);
    throw error;
  }
}

function weightedStep(fields: Fields, at: string, windows: Windows | undefined, contents: SafetensorsInput): NetworkStep {
  const name = fields['name'] as string;
  checkChoice(where, `${at}activation`, fields['activation'], activations);
  checkNumber(where, `${at}slope`, fields['slope']);
  const shared = {
    name,
    activation: fields['activation'] as ActivationName,
    slope: fields['slope'] as number,
  };
  if (fields['kind'] === 'quantizedSparse') return sparseStep(fields, at, shared, contents);
  if (fields['kind'] === 'floatLinear') {
    const weight = contents.tensors[`${name}.weight`];
    const wanted = windows ? [...windows.window, windows.channels] : [];
    if (!weight || weight.rank !== (windows ? 4 : 2) || wanted.some((size, axis) => size !== weight.shape[axis]))
      throw new RangeError(
        `${where}: ${at}there is no weight ${windows ? `[${wanted.join(', ')}, filters]` : '[inputs, units]'} among the tensors.`,
      );
    const last = weight.shape.at(-1) as number;
    const units = windows?.depthwise ? windows.channels * last : last;
    const rest = restOf(name, weight.shape[0] as number, units, contents);
    return {
      ...{ kind: 'floatLinear', ...shared, inputScales: rest.inputScales, windows },
      weight: keep(tensor(Float32Array.from(weight.dataSync()), weight.shape)),
      bias: keptBias(rest.bias),
    };
  }
  return quantizedStep(fields, at, { ...shared, windows }, contents);
}

function quantizedStep(
  fields: Fields,
  at: string,
  shared: Pick<QuantizedStep, 'name' | 'activation' | 'slope' | 'windows'>,
  contents: SafetensorsInput,
): QuantizedStep {
  const { name } = shared;
  const { inputs, units, bits, groupSize, scheme, rounding } = fields as Readonly<Record<string, number>> & {
    scheme: Scheme;
    rounding: QuantizedStep['rounding'];
  };
  checkNumber(where, `${at}inputs`, inputs, { least: 1, most: 2 ** 31, whole: true });
  checkNumber(where, `${at}units`, units, { least: 1, most: 2 ** 31, whole: true });
  checkNumber(where, `${at}bits`, bits, { least: 2, most: 8, whole: true });
  checkChoice(where, `${at}scheme`, scheme, schemes);
  checkChoice(where, `${at}rounding`, rounding, ['fp32', 'double', 'single']);
  const shape = { inputs: inputs as number, units: units as number, bits: bits as number };
  const { windows } = shared;
  const covered = windows && windows.window[0] * windows.window[1] * (windows.depthwise ? 1 : windows.channels);
  if (covered !== undefined && covered !== inputs)
    throw new RangeError(`${where}: ${at}windows cover ${covered} values, but the weight has ${inputs} inputs.`);
  const count = shape.inputs * shape.units;
  const packed = contents.raw[`${name}.weight`];
  const [dtype, length] = shape.bits <= 4 ? ['U8', Math.ceil(count / 2)] : ['I8', count];
  if (packed?.dtype !== dtype || packed.bytes.length !== length)
    throw new RangeError(
      `${where}: ${at}weight is ${packed ? `${packed.dtype} of ${packed.bytes.length} bytes` : 'missing'}, but must be ${dtype} of ${length}.`,
    );
  const integers = shape.bits <= 4 ? unpackNibbles(packed.bytes, count) : new Int8Array(packed.bytes.slice().buffer);
  const scales = numbers(contents.tensors[`${name}.weightScale`]);
  if (!scales) throw new RangeError(`${where}: ${at}weightScale is missing.`);
  const zeros = contents.raw[`${name}.weightZeroPoint`];
  const rest = restOf(name, shape.inputs, shape.units, contents);
  const input = inputOf(`${at}input`, fields['input']);
  const output = fields['output'] === undefined ? undefined : quantizationOf(`${at}output`, fields['output']);
  const weight = matrixOf({
    ...{ ...shape, groupSize, values: Int16Array.from(integers), scales, least: 0, most: 0 },
    zeroPoints: zeros ? Int32Array.from(new Int8Array(zeros.bytes.slice().buffer)) : new Int32Array(scales.length),
  });
  return {
    ...{ kind: 'quantized', ...shared, scheme, weight, rounding, input, output, inputScales: rest.inputScales },
    bias: keptBias(rest.bias),
  };
}

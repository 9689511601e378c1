import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { quantize, type QuantizeOptions } from '../network/quantize.ts';
import { schemes as allSchemes, type Scheme } from '../network/scheme.ts';
import { quantizableSteps, stepsOf } from '../network/steps.ts';
import { checkChoice, show } from '../validation.ts';

export interface SensitivityOptions extends Omit<QuantizeOptions, 'scheme' | 'layers'> {
  /** Schemes that each layer is tried in, beside `float`. Default `int8` and `int4`. */
  readonly schemes?: readonly Scheme[];
}

/** What a scheme of one layer costs a network whose other layers are in float. */
export interface Sensitivity {
  readonly layer: string;
  readonly scheme: Scheme;
  /** Σ (y - ŷ)² / Σ y² of the network's output over the samples; 0 in float. */
  readonly error: number;
  readonly bytes: number;
  /** Of the layer, for the first batch of samples. */
  readonly milliseconds: number;
}

/**
 * What each linear layer would cost in each scheme: one layer at a time is quantized, and the network's output compared.
 *
 * @throws {TypeError | RangeError} as {@link quantize}, and if there are no samples.
 * @example
 * for (const { layer, scheme, error } of await sensitivity(net, { calibrate: samples })) console.log(layer, scheme, error);
 */
export async function sensitivity(net: Layer, options: SensitivityOptions = {}): Promise<Sensitivity[]> {
  checkOptions('sensitivity', options);
  const where = 'sensitivity';
  const { schemes = ['int8', 'int4'], ...rest } = options ?? {};
  if (!Array.isArray(schemes)) throw new TypeError(`${where}: schemes is ${show(schemes)}, but must be an array of schemes.`);
  for (const scheme of schemes as readonly Scheme[]) checkChoice(where, 'schemes', scheme, allSchemes);
  if (rest.calibrate === undefined)
    throw new TypeError(`${where}: calibrate is missing; give it typical inputs, such as 100 training examples.`);
  const names = quantizableSteps(stepsOf(where, net, { keepUnsupported: rest.unsupported === 'float' })).map(({ name }) => name);
  const found: Sensitivity[] = [];
  for (const layer of names) {
    for (const scheme of (schemes as readonly Scheme[]).filter((scheme) => scheme !== 'float')) {
      const network = await quantize(net, { ...rest, scheme: 'float', layers: { [layer]: scheme } });
      const { layers, output } = network.report();
      network.dispose();
      const own = layers.find(({ name }) => name === layer);
      if (!own || !output) continue;
      if (!found.some((entry) => entry.layer === layer))
        found.push({ layer, scheme: 'float', error: 0, bytes: own.floatBytes, milliseconds: own.floatMilliseconds as number });
      found.push({ layer, scheme, error: 10 ** (-output.sqnr / 10), bytes: own.bytes, milliseconds: own.milliseconds as number });
    }
  }
  return found;
}

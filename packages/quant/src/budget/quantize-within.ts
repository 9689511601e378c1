import { dispose } from '@tensorflow/tfjs-core';
import type { Layer } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { quantize } from '../network/quantize.ts';
import type { QuantizedNetwork } from '../network/quantized-network.ts';
import { holdSamples } from '../network/samples.ts';
import { chooseSchemes, type Budget } from './choose-schemes.ts';
import { sensitivity, type SensitivityOptions } from './sensitivity.ts';

/**
 * A network within a budget of bytes or time, whose layers each have the scheme that costs the output least:
 * {@link sensitivity}, then {@link chooseSchemes}, then {@link quantize}.
 *
 * @throws {TypeError | RangeError} as these; also if the budget can't be met.
 * @example
 * const q = await quantizeWithin(net, { bytes: 60_000 }, { calibrate: samples });
 * q.report().layers.map(({ name, scheme }) => `${name}: ${scheme}`);
 */
export async function quantizeWithin(net: Layer, budget: Budget, options: SensitivityOptions = {}): Promise<QuantizedNetwork> {
  const { schemes: _, calibrate, ...rest } = checkOptions('quantizeWithin', options);
  // Held, because an iterator can be gone through once.
  const samples = calibrate === undefined ? undefined : await holdSamples('quantizeWithin', calibrate);
  try {
    const held = samples && { calibrate: samples };
    const layers = chooseSchemes(await sensitivity(net, { ...options, ...held }), budget);
    return await quantize(net, { ...rest, ...held, scheme: 'float', layers });
  } finally {
    if (samples) dispose(samples);
  }
}

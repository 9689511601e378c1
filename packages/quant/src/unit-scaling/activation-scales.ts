import { grad, linspace, tidy } from '@tensorflow/tfjs-core';
import { activation, needGradients, type ActivationName } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';

/** Beyond this a normal number hardly ever is. */
const FARTHEST = 8;
const POINTS = 4000;

/**
 * What an activation is multiplied by so that of a normal number of unit size a number of unit size comes, 1 / √E[f(z)²], and of its
 * gradient, 1 / √E[f′(z)²].
 *
 * The paper divides by the standard deviation instead, which leaves aside the mean; but the product behind an activation sees both, and
 * values would grow by 1.21 with each relu.
 *
 * @throws {RangeError} if the name is unknown.
 * @example
 * activationScales('relu'); // both √2
 */
export function activationScales(name: ActivationName, options: { readonly slope?: number } = {}): { forward: number; backward: number } {
  checkOptions('activationScales', options);
  needGradients();
  const step = (2 * FARTHEST) / POINTS;
  const [z, y, dy] = tidy(() => {
    // Between steps, so that none is where a derivative jumps.
    const points = linspace(step / 2 - FARTHEST, FARTHEST - step / 2, POINTS);
    return [points, activation(points, name, options), grad((x) => activation(x, name, options))(points)].map((values) =>
      values.dataSync(),
    );
  }) as unknown as [Float32Array, Float32Array, Float32Array];
  const meanSquare = (values: Float32Array): number =>
    values.reduce((sum, value, at) => sum + value ** 2 * Math.exp(-((z[at] as number) ** 2) / 2), 0) * (step / Math.sqrt(2 * Math.PI));
  return { forward: 1 / Math.sqrt(meanSquare(y)), backward: 1 / Math.sqrt(meanSquare(dy)) };
}

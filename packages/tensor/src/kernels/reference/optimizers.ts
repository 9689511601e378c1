import type { AdamStep } from '../adam.ts';
import type { AdagradStep } from '../adagrad.ts';
import type { RmspropStep } from '../rmsprop.ts';
import type { SgdStep } from '../sgd.ts';

/** One step of stochastic gradient descent over arrays in double precision, in place. */
export function referenceSgdStep(
  value: Float64Array,
  gradient: ArrayLike<number>,
  velocity: Float64Array | undefined,
  { learningRate, momentum, dampening, nesterov, weightDecay }: Omit<SgdStep, 'value' | 'gradient' | 'velocity' | 'count'>,
): void {
  for (let i = 0; i < value.length; i++) {
    const w = value[i] as number;
    const d = (gradient[i] as number) + weightDecay * w;
    let step = d;
    if (velocity) {
      const v = momentum * (velocity[i] as number) + (1 - dampening) * d;
      velocity[i] = v;
      step = nesterov ? d + momentum * v : v;
    }
    value[i] = w - learningRate * step;
  }
}

/** One step of Adam or AdamW over arrays in double precision, in place. */
export function referenceAdamStep(
  value: Float64Array,
  gradient: ArrayLike<number>,
  m: Float64Array,
  v: Float64Array,
  { learningRate, beta1, beta2, epsilon, step, weightDecay, decoupled }: Omit<AdamStep, 'value' | 'gradient' | 'm' | 'v' | 'count'>,
): void {
  for (let i = 0; i < value.length; i++) {
    const w = value[i] as number;
    const g = (gradient[i] as number) + (decoupled ? 0 : weightDecay * w);
    m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
    v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    const mean = (m[i] as number) / (1 - beta1 ** step);
    const deviation = Math.sqrt(v[i] as number) / Math.sqrt(1 - beta2 ** step) + epsilon;
    value[i] = (decoupled ? w * (1 - learningRate * weightDecay) : w) - (learningRate * mean) / deviation;
  }
}

/** One step of RMSprop over arrays in double precision, in place; centered with `mean`, with momentum with `buffer`. */
export function referenceRmspropStep(
  value: Float64Array,
  gradient: ArrayLike<number>,
  {
    square,
    mean,
    buffer,
  }: { readonly square: Float64Array; readonly mean?: Float64Array | undefined; readonly buffer?: Float64Array | undefined },
  {
    learningRate,
    alpha,
    epsilon,
    momentum,
    weightDecay,
  }: Pick<RmspropStep, 'learningRate' | 'alpha' | 'epsilon' | 'momentum' | 'weightDecay'>,
): void {
  for (let i = 0; i < value.length; i++) {
    const g = (gradient[i] as number) + weightDecay * (value[i] as number);
    square[i] = alpha * (square[i] as number) + (1 - alpha) * g * g;
    if (mean) mean[i] = alpha * (mean[i] as number) + (1 - alpha) * g;
    let step = g / (Math.sqrt((square[i] as number) - (mean?.[i] ?? 0) ** 2) + epsilon);
    if (buffer) {
      step += momentum * (buffer[i] as number);
      buffer[i] = step;
    }
    value[i] = (value[i] as number) - learningRate * step;
  }
}

/** One step of Adagrad over arrays in double precision, in place. */
export function referenceAdagradStep(
  value: Float64Array,
  gradient: ArrayLike<number>,
  square: Float64Array,
  { learningRate, epsilon, weightDecay }: Pick<AdagradStep, 'learningRate' | 'epsilon' | 'weightDecay'>,
): void {
  for (let i = 0; i < value.length; i++) {
    const g = (gradient[i] as number) + weightDecay * (value[i] as number);
    square[i] = (square[i] as number) + g * g;
    value[i] = (value[i] as number) - (learningRate * g) / (Math.sqrt(square[i] as number) + epsilon);
  }
}

/** y += a·x in double precision, in place. */
export function referenceAxpy(y: Float64Array, x: ArrayLike<number>, a: number): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + a * (x[i] as number);
}

import type { AdamStep } from '../adam.ts';
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

/** y += a·x in double precision, in place. */
export function referenceAxpy(y: Float64Array, x: ArrayLike<number>, a: number): void {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + a * (x[i] as number);
}

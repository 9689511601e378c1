import { adamw, type Optimizer } from '@x/tensor';

const WARM_UP = 0.1;
const WEIGHT_DECAY = 0.05;

/** AdamW whose rate rises over the first tenth of the run and falls to 0 along half a cosine. */
export function optimizerFor(steps: number, peak: number): Optimizer {
  const rise = Math.max(1, Math.round(WARM_UP * steps));
  return adamw({
    weightDecay: WEIGHT_DECAY,
    learningRate: (step) => {
      if (step < rise) return (peak * (step + 1)) / rise;
      const progress = Math.min(1, (step - rise) / Math.max(1, steps - rise));
      return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
    },
  });
}

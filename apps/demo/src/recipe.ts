import { adamw, schedules, softmaxCrossEntropy, type Loss, type Optimizer } from '@x/tensor';

/** The numbers of the recipe, which the report shows. */
export const recipe = {
  optimizer: 'AdamW',
  peakLearningRate: 1e-3,
  warmUp: 0.15,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
} as const;

/**
 * AdamW whose rate rises over the first part of the run and falls to 0 along half a cosine: the rise keeps the first steps, whose
 * second moments are noise, small; the fall to 0 is worth about a percent of accuracy at the end of a short run.
 *
 * L. N. Smith, N. Topin, "Super-Convergence", 2017, arXiv 1708.07120, for the shape.
 */
export function optimizerFor(steps: number): Optimizer {
  const rise = Math.max(1, Math.round(recipe.warmUp * steps));
  return adamw({
    weightDecay: recipe.weightDecay,
    learningRate: schedules.warmUp(schedules.cosine(recipe.peakLearningRate, Math.max(1, steps - rise)), rise),
  });
}

/** Cross-entropy; some of Fashion-MNIST's labels are doubtful, and smoothing keeps the network from learning them by heart. */
export const loss: Loss = (logits, labels) => softmaxCrossEntropy(logits, labels, { labelSmoothing: recipe.labelSmoothing });

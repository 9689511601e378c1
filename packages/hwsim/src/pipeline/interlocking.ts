import { requireInteger } from '../validation.ts';
import { requirePipeline, type PassKind, type Schedule } from './schedule.ts';

/**
 * Interlocking backpropagation: a stage is trained by the loss `reach` − 1 stages ahead of it instead of the last one's, so a micro-batch's
 * backward takes `reach` steps and not p. "Interlocking Backpropagation: Improving depthwise model-parallelism" (2020, arXiv 2010.04116).
 * `reach` 1 is local training, p is end-to-end. Every stage passes each loss's gradient back: `G0` is its own loss, `Gh` the one h stages ahead.
 *
 * A stage does micro-batch i's forward, then the gradients that arrived for earlier ones: Gh of micro-batch i − 2h.
 */
export function interlocking(devices: number, microBatches: number, reach: number): Schedule {
  requireInteger('reach', reach);
  requireInteger('devices', devices);
  if (reach > devices) throw new RangeError(`reach is ${reach}, expected at most the ${devices} stages`);
  requirePipeline(devices, microBatches, 1 + reach);
  const kinds: PassKind[] = ['F', ...Array.from({ length: reach }, (_, h): PassKind => `G${h}`)];
  const order = Array.from({ length: devices }, (_, stage) => {
    const passes: number[] = [];
    const losses = Math.min(reach, devices - stage);
    for (let i = 0; i < microBatches + 2 * (losses - 1); i++) {
      if (i < microBatches) passes.push(stage * microBatches + i);
      for (let h = losses - 1; h >= 0; h--) {
        const micro = i - 2 * h;
        if (micro >= 0 && micro < microBatches) passes.push(((1 + h) * devices + stage) * microBatches + micro);
      }
    }
    return Uint32Array.from(passes);
  });
  return { name: `interlocking, reach ${reach}`, devices, stages: devices, microBatches, kinds, order };
}

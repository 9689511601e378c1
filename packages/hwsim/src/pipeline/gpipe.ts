import { requirePipeline, type Schedule } from './schedule.ts';

/**
 * All forwards, then all backwards, last micro-batch first.
 * "GPipe: Efficient Training of Giant Neural Networks using Pipeline Parallelism" (2018, arXiv 1811.06965).
 */
export function gpipe(devices: number, microBatches: number): Schedule {
  requirePipeline(devices, microBatches, 2);
  const order = Array.from({ length: devices }, (_, stage) => {
    const passes = new Uint32Array(2 * microBatches);
    for (let i = 0; i < microBatches; i++) {
      passes[i] = stage * microBatches + i;
      passes[microBatches + i] = (devices + stage) * microBatches + (microBatches - 1 - i);
    }
    return passes;
  });
  return { name: 'GPipe', devices, stages: devices, microBatches, kinds: ['F', 'B'], order };
}

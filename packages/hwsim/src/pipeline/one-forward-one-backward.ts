import { requirePipeline, type Schedule } from './schedule.ts';

/**
 * Stage s starts with min(p − s − 1, m) forwards, then alternates one forward and one backward, then drains.
 * "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM" (2021, arXiv 2104.04473), the variant with flush.
 */
export function oneForwardOneBackward(devices: number, microBatches: number): Schedule {
  requirePipeline(devices, microBatches, 2);
  const order = Array.from({ length: devices }, (_, stage) => {
    const passes = new Uint32Array(2 * microBatches);
    const warmUp = Math.min(devices - stage - 1, microBatches);
    let n = 0;
    for (let i = 0; i < warmUp; i++) passes[n++] = stage * microBatches + i;
    for (let i = 0; i < microBatches; i++) {
      if (warmUp + i < microBatches) passes[n++] = stage * microBatches + warmUp + i;
      passes[n++] = (devices + stage) * microBatches + i;
    }
    return passes;
  });
  return { name: '1F1B', devices, stages: devices, microBatches, kinds: ['F', 'B'], order };
}

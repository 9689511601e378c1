import { requireInteger } from '../validation.ts';
import { requirePipeline, type Schedule } from './schedule.ts';

/**
 * 1F1B over `chunks` model chunks a device: device r has stages r, r + p, r + 2p, ...
 * "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM" (2021, arXiv 2104.04473). Warm-up of device r:
 * min(2(p − r − 1) + (v − 1)p, m·v) chunk passes, all of them when m = p.
 *
 * @throws RangeError when micro-batches aren't a multiple of the devices
 */
export function interleaved(devices: number, microBatches: number, chunks: number): Schedule {
  requireInteger('chunks', chunks);
  requirePipeline(devices, microBatches, 2 * chunks);
  if (microBatches % devices !== 0)
    throw new RangeError(
      `microBatches is ${microBatches}, expected a multiple of the ${devices} devices: micro-batches are interleaved in groups of that many`,
    );
  const stages = devices * chunks;
  const total = microBatches * chunks;
  const order = Array.from({ length: devices }, (_, device) => {
    const passes = new Uint32Array(2 * total);
    const id = (k: number, backward: boolean): number => {
      const chunk = Math.floor((k % stages) / devices);
      const stage = (backward ? chunks - 1 - chunk : chunk) * devices + device;
      return ((backward ? stages : 0) + stage) * microBatches + Math.floor(k / stages) * devices + (k % devices);
    };
    const warmUp = microBatches === devices ? total : Math.min(2 * (devices - device - 1) + (chunks - 1) * devices, total);
    let n = 0;
    for (let k = 0; k < warmUp; k++) passes[n++] = id(k, false);
    for (let k = 0; k < total; k++) {
      if (warmUp + k < total) passes[n++] = id(warmUp + k, false);
      passes[n++] = id(k, true);
    }
    return passes;
  });
  return { name: `interleaved 1F1B, ${chunks} chunks`, devices, stages, microBatches, kinds: ['F', 'B'], order };
}

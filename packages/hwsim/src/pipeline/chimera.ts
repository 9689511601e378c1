import { requireInteger, requireOptions } from '../validation.ts';
import { requirePipeline, type Schedule } from './schedule.ts';

/**
 * Two sets of `pipes` pipelines in opposite directions through the same devices, every device holding one stage of each.
 * "Chimera: Efficiently Training Large-Scale Neural Networks with Bidirectional Pipelines" (2021, arXiv 2107.06925), units of D micro-batches
 * every 2D slots, so that one unit's forwards fill the last one's bubbles.
 *
 * Down pipeline i has stage s on device s + iD/f, up pipeline i on device D − 1 − s + iD/f (mod D). Each takes D/(2f) micro-batches of a unit;
 * its micro-batch j goes forward through stage s in slot 2j + s and back in slot 2j + 2D − 1 − s; no two passes meet in a slot.
 *
 * @param devices an even number D
 * @param microBatches any number; the last unit may be short
 * @param options.pipes f, a divisor of D/2
 * @throws RangeError for an odd D or an f that doesn't divide D/2
 */
export function chimera(devices: number, microBatches: number, options: { pipes?: number } = {}): Schedule {
  const { pipes = 1 } = requireOptions(options);
  requirePipeline(devices, microBatches, 2);
  requireInteger('options.pipes', pipes);
  if (devices % 2 !== 0 || (devices / 2) % pipes !== 0)
    throw new RangeError(`devices is ${devices} and pipes ${pipes}, expected an even number of devices and pipes that divide half of it`);
  const each = devices / (2 * pipes);
  const period = 2 * devices;
  const slots = new Int32Array(Math.ceil(microBatches / devices) * period + devices);
  const order = Array.from({ length: devices }, (_, device) => {
    slots.fill(-1);
    let count = 0;
    const put = (slot: number, id: number): void => {
      slots[slot] = id;
      count++;
    };
    for (let unit = 0; unit * devices < microBatches; unit++)
      for (let direction = 0; direction < 2; direction++)
        for (let pipe = 0; pipe < pipes; pipe++) {
          const shifted = (device - (pipe * devices) / pipes + devices) % devices;
          const stage = direction === 0 ? shifted : (devices - 1 - device + (pipe * devices) / pipes) % devices;
          for (let j = 0; j < each; j++) {
            // Dealt out in turn, so that a short unit keeps every pipeline busy.
            const microBatch = unit * devices + (j * pipes + pipe) * 2 + direction;
            if (microBatch >= microBatches) break;
            const start = unit * period + 2 * j;
            put(start + stage, stage * microBatches + microBatch);
            put(start + period - 1 - stage, (devices + stage) * microBatches + microBatch);
          }
        }
    const passes = new Uint32Array(count);
    let n = 0;
    for (let slot = 0; slot < slots.length; slot++) if (slots[slot]! >= 0) passes[n++] = slots[slot]!;
    return passes;
  });
  return {
    name: pipes === 1 ? 'Chimera' : `Chimera, ${2 * pipes} pipelines`,
    devices,
    stages: devices,
    microBatches,
    kinds: ['F', 'B'],
    order,
  };
}

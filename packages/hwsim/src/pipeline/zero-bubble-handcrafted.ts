import { requirePipeline, type Schedule } from './schedule.ts';

/**
 * ZB-H1 of "Zero Bubble Pipeline Parallelism" (2023, arXiv 2401.10241): stage s starts with p − s forwards, delays every weight gradient by s
 * micro-batches and keeps 1F1B's memory. Bubble (p − 1)(f + b − w).
 */
export function zeroBubbleH1(devices: number, microBatches: number): Schedule {
  return handcrafted('ZB-H1', devices, microBatches, (stage) => ({ warmUp: devices - stage, delay: stage }));
}

/** ZB-H2: 2(p − s) − 1 forwards at the start, weight gradients 2s late, twice 1F1B's memory. Bubble of a stage's span (p − 1)(f + b − 2w), 0 when f = b = w. */
export function zeroBubbleH2(devices: number, microBatches: number): Schedule {
  return handcrafted('ZB-H2', devices, microBatches, (stage) => ({ warmUp: 2 * (devices - stage) - 1, delay: 2 * stage }));
}

function handcrafted(
  name: string,
  devices: number,
  microBatches: number,
  of: (stage: number) => { warmUp: number; delay: number },
): Schedule {
  requirePipeline(devices, microBatches, 3);
  const order = Array.from({ length: devices }, (_, stage) => {
    const { warmUp, delay } = of(stage);
    const passes = new Uint32Array(3 * microBatches);
    let [n, forwards] = [0, 0];
    const put = (kind: number, i: number): void => {
      passes[n++] = (kind * devices + stage) * microBatches + i;
    };
    while (forwards < Math.min(warmUp, microBatches)) put(0, forwards++);
    for (let i = 0; i < microBatches; i++) {
      put(1, i);
      if (i >= delay) put(2, i - delay);
      if (forwards < microBatches) put(0, forwards++);
    }
    for (let i = Math.max(0, microBatches - delay); i < microBatches; i++) put(2, i);
    return passes;
  });
  return { name, devices, stages: devices, microBatches, kinds: ['F', 'B', 'W'], order };
}

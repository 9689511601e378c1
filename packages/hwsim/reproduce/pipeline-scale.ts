// Chimera with 2,048 devices and 4,096 micro-batches: node --conditions=@x/source reproduce/pipeline-scale.ts
import { chimera, simulatePipeline } from '../src/index.ts';

for (const [devices, microBatches] of [
  [256, 512],
  [512, 1024],
  [1024, 2048],
  [2048, 4096],
] as const) {
  const start = performance.now();
  const schedule = chimera(devices, microBatches);
  const run = simulatePipeline(schedule, { forward: 1, backward: 2, transfer: 1 });
  const seconds = (performance.now() - start) / 1000;
  const passes = 2 * devices * microBatches;
  console.log(
    `Chimera ${devices} devices, ${microBatches} micro-batches: ${passes} passes, makespan ${run.makespan}, bubble ${(100 * run.bubble).toFixed(1)} %, ${seconds.toFixed(3)} s, ${(passes / seconds / 1e6).toFixed(1)} million passes a second`,
  );
}

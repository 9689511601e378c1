import { describe, expect, it } from 'vitest';
import {
  batchSweep,
  hardware,
  layerGraph,
  readCalculonModel,
  readCalculonSystem,
  searchPlans,
  simulate,
  simulateTransformer,
  stepsToTarget,
} from '../../src/index.ts';
import { excerptJson } from '../golden.ts';

const { system, runs } = excerptJson<{ system: unknown; runs: Record<string, { model: unknown; stats: { total_time: number } }> }>(
  'calculon/runs.json',
);
const machine = readCalculonSystem(system);
const gpt3 = readCalculonModel(runs['tab5_gpt3-175B_seqsel']!.model);
/** Twelve of its blocks, which have fewer plans. */
const small = { ...gpt3, blocks: 12 };

describe('searchPlans', () => {
  it('finds plans that fit, fastest first', () => {
    const found = searchPlans(small, machine, { processors: 8, batch: 8, keep: 5 });
    expect(found.plans).toHaveLength(5);
    // Also than every one that differs from it in micro-batch or recomputation alone, and fits. The whole model's are in reproduce/speed.ts.
    const [{ plan: best, run: fastest }] = found.plans as [(typeof found.plans)[number]];
    for (const recompute of ['none', 'attention', 'full'] as const)
      for (const microBatch of [1, 2, 4, 8]) {
        if ((8 / best.dataParallel) % microBatch !== 0) continue;
        const other = simulateTransformer(small, { ...best, recompute, microBatch }, machine, { checkMemory: false });
        if (other.memory.total <= machine.memory.capacity) expect(fastest.time.total).toBeLessThanOrEqual(other.time.total);
      }
    expect(found.plans.every((p, i) => i === 0 || p.run.time.total >= found.plans[i - 1]!.run.time.total)).toBe(true);
    for (const { plan, run } of found.plans) {
      expect(plan.tensorParallel * plan.pipelineParallel * plan.dataParallel).toBe(8);
      expect(simulateTransformer(small, plan, machine).time.total).toBe(run.time.total);
    }
    expect(found.tried).toBeGreaterThan(1000);
    expect(found.tooLarge).toBeLessThan(found.tried);
  });
  it('finds none where nothing fits', () => {
    const found = searchPlans(gpt3, machine, { processors: 2, batch: 4 });
    expect(found.plans).toEqual([]);
    expect(found.tooLarge).toBe(found.tried);
  });
});

describe('critical batch', () => {
  it('needs twice the least steps at the critical batch', () =>
    expect(stepsToTarget({ batch: 4096, leastSteps: 1000, criticalBatch: 4096 })).toEqual({ steps: 2000, samples: 8192000 }));
  it('trades samples for steps over batch sizes', () => {
    const chip = hardware('a100');
    const lines = batchSweep([64, 256, 1024, 4096], { leastSteps: 1000, criticalBatch: 512 }, (batch) => {
      const { time, energy } = simulate({
        model: layerGraph('l', [{ name: 'fc', operation: { type: 'gemm', m: batch, n: 4096, k: 4096 } }]),
        hardware: chip,
        precision: 'bf16',
        training: {},
      });
      return { seconds: time, joules: energy.total };
    });
    expect(lines.map((l) => l.steps)).toEqual([9000, 3000, 1500, 1125]);
    expect(lines[1]!.seconds).toBeLessThan(lines[0]!.seconds);
    expect(lines.every((l, i) => i === 0 || l.samples > lines[i - 1]!.samples)).toBe(true);
  });
});

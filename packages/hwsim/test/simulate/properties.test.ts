import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { a100, layerGraph, simulate, type Hardware, type LayerGraph, type Report, type TrainingOptions } from '../../src/index.ts';

const plans = fc.record({
  widths: fc.array(fc.integer({ min: 8, max: 2048 }), { minLength: 5, maxLength: 9 }),
  data: fc.constantFrom(1, 2, 4),
  tensor: fc.constantFrom(1, 2, 4),
  pipeline: fc.constantFrom(1, 2, 4),
  microBatches: fc.integer({ min: 1, max: 6 }),
  schedule: fc.constantFrom('gpipe' as const, '1f1b' as const, 'zb-h1' as const),
  recompute: fc.constantFrom('none' as const, 'full' as const),
  zero: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
});
type Planned = typeof plans extends fc.Arbitrary<infer T> ? T : never;

function perceptron(widths: readonly number[]): LayerGraph {
  return layerGraph(
    'p',
    widths.slice(1).map((n, i) => ({ name: `l${i}`, operation: { type: 'gemm', m: 64, n, k: widths[i]! } })),
    { batch: 64 },
  );
}

function step({ widths, data, tensor, pipeline, ...rest }: Planned, change: (chip: Hardware) => Hardware = (chip) => chip): Report {
  // Stages of fixed layers: balanced ones follow the chip's figures, and other stages may be slower.
  const layers = widths.length - 1;
  const stages = Array.from(
    { length: pipeline },
    (_, s) => Math.floor(((s + 1) * layers) / pipeline) - Math.floor((s * layers) / pipeline),
  );
  const training: TrainingOptions = { ...rest, parallel: { data, tensor, pipeline }, stages };
  return simulate({ model: perceptron(widths), hardware: change(a100()), precision: 'bf16', training });
}

describe('simulate, for any spread', () => {
  it('is never slower with a faster chip, memory or link, and takes as much memory', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 9 }), (plan, factor) => {
        const base = step(plan);
        const faster: ((chip: Hardware) => Hardware)[] = [
          (chip) => ({ ...chip, peak: { bf16: chip.peak.bf16! * factor } }),
          (chip) => ({ ...chip, memory: { ...chip.memory, bandwidth: chip.memory.bandwidth * factor } }),
          (chip) => ({ ...chip, link: { ...chip.link!, bandwidth: chip.link!.bandwidth * factor } }),
          (chip) => ({ ...chip, node: { ...chip.node!, link: { ...chip.node!.link, bandwidth: chip.node!.link.bandwidth * factor } } }),
        ];
        for (const change of faster) {
          const report = step(plan, change);
          expect(report.time).toBeLessThanOrEqual(base.time * (1 + 1e-12));
          expect(report.memory).toEqual(base.memory);
        }
      }),
      { numRuns: 60 },
    );
  });
  it('scales in time with everything that is timed', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const slow = (chip: Hardware): Hardware => ({
          ...chip,
          peak: { bf16: chip.peak.bf16! / 4 },
          vector: chip.vector / 4,
          memory: { ...chip.memory, bandwidth: chip.memory.bandwidth / 4 },
          link: { bandwidth: chip.link!.bandwidth / 4, latency: chip.link!.latency * 4 },
          node: { ...chip.node!, link: { bandwidth: chip.node!.link.bandwidth / 4, latency: chip.node!.link.latency * 4 } },
          overhead: chip.overhead! * 4,
        });
        expect(step(plan, slow).time / step(plan).time).toBeCloseTo(4, 9);
      }),
      { numRuns: 60 },
    );
  });
  it('is no faster than its work divided by its chips, and the same every time', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const report = step(plan);
        expect(report.utilisation).toBeLessThanOrEqual(1);
        expect(report.bubble).toBeGreaterThanOrEqual(-1e-12);
        for (const { busy } of report.devices) expect(busy).toBeLessThanOrEqual(report.time * (1 + 1e-12));
        expect(JSON.stringify(step(plan))).toBe(JSON.stringify(report));
      }),
      { numRuns: 60 },
    );
  });
});

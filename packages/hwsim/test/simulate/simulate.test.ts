import { describe, expect, it } from 'vitest';
import {
  computeFormat,
  hardware,
  hardwareLibrary,
  layerGraph,
  readHardware,
  readTopologyCsv,
  simulate,
  type Layer,
  type LayerGraph,
  type Precision,
} from '../../src/index.ts';
import { excerptText } from '../golden.ts';

const mlp = layerGraph('mlp', [
  { name: 'fc1', operation: { type: 'gemm', m: 128, n: 1024, k: 784 } },
  { name: 'relu', operation: { type: 'elementwise', elements: 128 * 1024 } },
  { name: 'fc2', operation: { type: 'gemm', m: 128, n: 10, k: 1024 } },
]);

function resnet50(batch: number): LayerGraph {
  const graph = readTopologyCsv(excerptText('scalesim/conv_nets_Resnet50.csv'), { name: 'ResNet-50' });
  return {
    ...graph,
    layers: graph.layers.map(({ name, operation }): Layer => ({
      name,
      operation: operation.type === 'conv' ? { ...operation, batch } : operation,
    })),
  };
}

describe('simulate', () => {
  it.each(hardwareLibrary.map((chip) => [chip.name, chip] as const))('costs a model on %s', (_, chip) => {
    const precision: Precision = chip.peak.f32 ? 'f32' : 'int8';
    const report = simulate({ model: mlp, hardware: chip, precision });
    expect(report.time).toBeGreaterThan(0);
    expect(report.energy.total).toBe(report.energy.arithmetic + report.energy.memory + report.energy.idle);
    // What is counted never exceeds what the chip can draw.
    expect(report.energy.total).toBeLessThanOrEqual(report.energy.atFullPower);
    expect(report.utilisation).toBeLessThanOrEqual(1);
    expect(report.steps.map((s) => s.layer)).toEqual(['fc1', 'relu', 'fc2']);
    expect(report.time).toBeCloseTo(
      report.steps.reduce((sum, s) => sum + s.seconds, 0),
      12,
    );
    // Never above the roofline.
    for (const step of report.steps)
      expect((2 * step.macs) / step.seconds).toBeLessThanOrEqual(computeFormat(chip, precision).peak * (1 + 1e-12));
    expect(readHardware(JSON.parse(JSON.stringify(chip)))).toEqual(chip);
  });

  it('trains with three products a layer, two for the first, and holds activations', () => {
    const report = simulate({ model: mlp, hardware: hardware('v100'), training: {} });
    const macs = 128 * 1024 * 784;
    const last = 128 * 10 * 1024;
    expect(report.steps.reduce((sum, s) => sum + s.macs, 0)).toBe(2 * macs + 3 * last);
    expect(report.memory.optimizer).toBe(12 * (1024 * 784 + 10 * 1024));
    expect(report.memory.activations).toBe(4 * (128 * 784 + 128 * 1024 + 128 * 1024));
    const again = simulate({ model: mlp, hardware: hardware('v100'), training: { recompute: 'full' } });
    expect(again.time).toBeGreaterThan(report.time);
    const zero = [0, 1, 2, 3].map(
      (stage) => simulate({ model: mlp, hardware: hardware('v100'), training: { parallel: { data: 8 }, zero: stage as 0 } }).memory,
    );
    expect(zero.map((m) => m.optimizer)).toEqual([1, 8, 8, 8].map((n) => zero[0]!.optimizer / n));
    expect(zero.map((m) => m.gradients)).toEqual([1, 1, 8, 8].map((n) => zero[0]!.gradients / n));
    expect(zero.map((m) => m.weights)).toEqual([1, 1, 1, 8].map((n) => zero[0]!.weights / n));
  });

  it('ResNet-50 on 32 TPUv2 devices is within 5 % of the published 31.2 times one', () => {
    const images = 32;
    const time = (data: number): number =>
      simulate({ model: resnet50(images), hardware: hardware('tpu-v2'), precision: 'bf16', training: { parallel: { data } } }).time;
    expect(Math.abs((32 * time(1)) / time(32) / 31.2 - 1)).toBeLessThan(0.05);
  });

  it('skips zeros only where the chip can', () => {
    const sparse = (density: NonNullable<NonNullable<Layer['weights']>['density']>, chip: string): number =>
      simulate({
        model: layerGraph('s', [{ name: 'fc', operation: { type: 'gemm', m: 4096, n: 4096, k: 4096 }, weights: { bits: 16, density } }]),
        hardware: hardware(chip),
        precision: 'f16',
      }).steps[0]!.macs;
    expect(sparse({ kind: 'n:m', n: 2, m: 4 }, 'a100')).toBe(4096 ** 3 / 2);
    expect(sparse({ kind: 'unstructured', density: 0.1 }, 'a100')).toBe(4096 ** 3);
    expect(sparse({ kind: 'n:m', n: 2, m: 4 }, 'v100')).toBe(4096 ** 3);
  });

  it('looks embeddings up by granules and by reads under way', () => {
    const table = layerGraph('e', [
      { name: 'table', operation: { type: 'embedding', lookups: 1_000_000, rows: 10_000_000, columns: 4 }, weights: { bits: 32 } },
    ]);
    const report = simulate({ model: table, hardware: hardware('epyc-9654') });
    // 16-byte rows cost 64-byte reads.
    expect(report.time).toBeGreaterThan((1_000_000 * 64) / 461e9);
    expect(report.steps[0]!.limit).toBe('memory');
  });

  it('takes shares of the data sheet that are really reached', () => {
    const chip = hardware('a100');
    const big = layerGraph('big', [{ name: 'fc', operation: { type: 'gemm', m: 8192, n: 8192, k: 8192 } }]);
    const read = layerGraph('read', [{ name: 'copy', operation: { type: 'elementwise', elements: 2 ** 28, operations: 0 } }]);
    const time = (model: LayerGraph, reached: NonNullable<typeof chip.reached>): number =>
      simulate({ model, hardware: { ...chip, overhead: 0, reached }, precision: 'bf16' }).time;
    expect(time(big, { peak: 0.5 })).toBeCloseTo(2 * time(big, {}), 12);
    expect(time(read, { memory: 0.25 })).toBeCloseTo(4 * time(read, {}), 12);
    expect(() => readHardware({ ...chip, reached: { peak: 1.2 } })).toThrow('hardware.reached.peak is 1.2, expected a share of at most 1');
    expect(() => readHardware({ ...chip, reached: { speed: 1 } })).toThrow('"speed", expected one of peak, memory, link');
  });

  it('refuses what isn’t there, by name', () => {
    expect(() => hardware('tpu-v9')).toThrow('hardware is "tpu-v9", expected one of tpu-v1');
    expect(() => simulate(undefined as never)).toThrow('options is undefined, expected an object');
    expect(() => simulate({} as never)).toThrow('model is undefined, expected a graph');
    expect(() => simulate({ model: mlp } as never)).toThrow('hardware is undefined, expected an object');
    const slow = { ...hardware('tpu-v1'), memory: { ...hardware('tpu-v1').memory, bandwidth: -1 } };
    expect(() => simulate({ model: mlp, hardware: slow, precision: 'int8' })).toThrow('hardware.memory.bandwidth is -1');
    expect(() => simulate({ model: mlp, hardware: hardware('tpu-v1') })).toThrow('tpu-v1 computes int8; f32 fits in none');
    expect(() => simulate({ model: mlp, hardware: hardware('phone'), training: { parallel: { data: 2 } } })).toThrow('phone has no links');
    expect(() => readHardware({ ...hardware('phone'), watts: { busy: -1, idle: 0 } })).toThrow('hardware.watts.busy is -1');
    expect(() => readHardware({ ...hardware('phone'), peak: { f31: 1 } })).toThrow('"f31", expected one of int4');
    expect(() => readHardware([])).toThrow('hardware is []');
  });
});

import { describe, expect, it } from 'vitest';
import { energyRoofline, hardware, ridgePoint, weightRooflineBound, weightTiles } from '../../src/index.ts';
import { excerptJson } from '../golden.ts';

const tables = excerptJson<{ apps: string[]; ops_per_weight_byte: number[]; roofline_bound_tops: number[]; table3: { tops: number[] } }>(
  'tpuv1.json',
);
const tpu = hardware('tpu-v1');
const unit = { size: 256, bandwidth: 34e9, clock: 700e6 };

describe('TPUv1 roofline (arXiv 1704.04760)', () => {
  it('has 91.75 Tops', () => expect(tpu.peak.int8).toBe(91.7504e12));
  it.each(tables.apps.map((app, i) => [app, i] as const))('%s: the bound, which the measured rate stays below', (_, i) => {
    const bound = weightRooflineBound({
      macsPerWeightByte: tables.ops_per_weight_byte[i]!,
      peak: tpu.peak.int8!,
      bandwidth: tpu.memory.bandwidth,
    });
    expect(Math.round(bound / 1e9) / 1e3).toBe(tables.roofline_bound_tops[i] === 91.75 ? 91.75 : tables.roofline_bound_tops[i]);
    expect(tables.table3.tops[i]!).toBeLessThanOrEqual(bound / 1e12);
  });
  it('needs 1,349 rows of input to hide a tile', () => {
    expect(weightTiles(unit, 256, 256).rowsToHide).toBeCloseTo(1349.27, 2);
    expect(ridgePoint({ peak: tpu.peak.int8!, bandwidth: 2 * 34e9 })).toBeCloseTo(1349.27, 2);
  });
  it('loads a 600 x 600 matrix in 9 tiles of 2 µs, a unit of twice the size in 4 of 8 µs', () => {
    const small = weightTiles(unit, 600, 600);
    const large = weightTiles({ ...unit, size: 512 }, 600, 600);
    expect([small.tiles, large.tiles]).toEqual([9, 4]);
    expect(small.tiles * Math.round((small.seconds / small.tiles) * 1e6)).toBe(18);
    expect(large.tiles * Math.round((large.seconds / large.tiles) * 1e6)).toBe(32);
  });
  it('energy: work and idling', () => {
    expect(
      energyRoofline({ operations: 1e12, bytes: 1e9, seconds: 0.5, joulesPerOperation: 1e-12, joulesPerByte: 1e-10, idleWatts: 28 }),
    ).toBeCloseTo(15.1, 12);
  });
});

import { describe, expect, it } from 'vitest';
import {
  adderEnergy,
  areaScale,
  energyScale,
  horowitz45nm,
  lpddr4Energy,
  macEnergy,
  multiplierEnergy,
  registerEnergy,
  sramReadEnergy,
} from '../../src/index.ts';

describe('energy tables', () => {
  it('a DRAM word costs 139 single-precision multiply-accumulates', () => {
    expect(macEnergy('fp32')).toBeCloseTo(4.6, 12);
    expect(Math.round(horowitz45nm.dramRead32 / macEnergy('fp32'))).toBe(139);
  });
  it('scale with width', () => {
    expect(adderEnergy(32)).toEqual({ action: 0.21, leak: 0.0024, area: 278 });
    expect(multiplierEnergy(8, 8).action).toBeCloseTo(12.68 / 16, 12);
    expect(registerEnergy(64).action).toBeCloseTo(0.576, 12);
    // Accelergy's 8-bit integer MAC is one 8 x 8 multiplier and one 8-bit adder.
    expect(multiplierEnergy(8, 8).action + adderEnergy(8).action).toBeCloseTo(0.845, 12);
    expect(lpddr4Energy(64)).toBe(512);
    expect(lpddr4Energy(256)).toBe(2048);
    expect(sramReadEnergy(32)).toBe(10);
  });
  it('scale with the node', () => {
    expect(energyScale({ nm: 45, volts: 0.9 }, { nm: 45, volts: 0.9 })).toBe(1);
    expect(energyScale({ nm: 45, volts: 0.9 }, { nm: 7, volts: 0.7 })).toBeLessThan(0.1);
    expect(areaScale(45, 7)).toBe(0.059);
    expect(() => areaScale(45, 5)).toThrow('toNm is 5, expected one of 130, 90');
  });
});

import { describe, expect, it } from 'vitest';
import { tpuApplications, tpuUnit } from '../../reproduce/tpu-applications.ts';
import { crossValidate, fitModel, tileStreamCycles, tileStreamModel } from '../../src/index.ts';

const applications = tpuApplications();
const model = tileStreamModel(tpuUnit);
const mlpsAndLstms = applications.slice(0, 4);
const cnns = applications.slice(4);

describe('TPUv1’s six applications (arXiv 1704.04760)', () => {
  it('mean error of clock cycles at most 8 %, the paper’s own model’s, each application left out of the fit of its one parameter', () => {
    const { rows, error } = crossValidate(model, applications, { folds: 6 });
    expect(rows).toHaveLength(6);
    expect(error).toBeLessThan(0.08);
    expect(fitModel(model, applications).error).toBeLessThan(0.05);
    // Each within twice the paper's worst.
    for (const { predicted, value } of rows) expect(Math.abs(predicted / value - 1)).toBeLessThan(0.15);
  });
  it('without a parameter, is a bound that every application stays above', () => {
    for (const { row, value } of applications) expect(tileStreamCycles(tpuUnit, row)).toBeLessThan(value);
  });
  it('the LSTMs’ counters can’t be those of 8-bit activations: weights would come faster than memory gives them', () => {
    for (const { name, row, value } of applications) {
      const bytesPerSecond = row.weights / row.tileUse / (value / row.cyclesPerRow! / tpuUnit.clock);
      if (name.startsWith('LSTM')) expect(bytesPerSecond).toBeGreaterThan(1.4 * tpuUnit.bandwidth);
      else expect(row.weights / row.tileUse / (value / tpuUnit.clock)).toBeLessThanOrEqual(tpuUnit.bandwidth);
    }
  });
  it('MLP0’s inferences a second, host included, within 5 % of the measured 225,000', () => {
    const { parameters } = fitModel(model, applications);
    const { row, hostShare } = applications[0]!;
    const seconds = (model.predict(parameters, row) / tpuUnit.clock) * (1 + hostShare);
    expect(Math.abs(row.batch / seconds / 225_000 - 1)).toBeLessThan(0.05);
  });
  it('design space, in sign: four times the bandwidth helps MLPs and LSTMs most, four times the clock only CNNs', () => {
    const { parameters } = fitModel(model, applications);
    const gain = (change: Partial<typeof tpuUnit>, row: (typeof applications)[number]['row']): number => {
      const other = { ...tpuUnit, ...change };
      const before = model.predict(parameters, row) / tpuUnit.clock;
      const waiting = before - tileStreamCycles(tpuUnit, row) / tpuUnit.clock;
      return before / (tileStreamCycles(other, row) / other.clock + (waiting * tpuUnit.clock) / other.clock);
    };
    const bandwidth = { bandwidth: 4 * tpuUnit.bandwidth };
    const clock = { clock: 4 * tpuUnit.clock };
    for (const { row } of mlpsAndLstms) {
      expect(gain(bandwidth, row)).toBeGreaterThan(2.5);
      expect(gain(clock, row)).toBeLessThan(1.2);
    }
    for (const { row } of cnns) {
      expect(gain(bandwidth, row)).toBeLessThan(1.5);
      expect(gain(clock, row)).toBeGreaterThan(1.8);
    }
  });
  it('refuses shares above 1 and sizes that aren’t there', () => {
    const { row } = applications[0]!;
    expect(() => tileStreamCycles(tpuUnit, { ...row, tileUse: 1.1 })).toThrow('application.tileUse is 1.1');
    expect(() => tileStreamCycles({ ...tpuUnit, bandwidth: 0 }, row)).toThrow('unit.bandwidth is 0');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bankMeter, readTopologyCsv, simulateArray, simulateLayer, type ArrayConfig, type Banks, type Layer } from '../../src/index.ts';

const array = (banks: ArrayConfig['banks'], dataflow: 'os' | 'ws' | 'is' = 'os'): ArrayConfig => ({
  rows: 4,
  columns: 4,
  dataflow,
  inputKiB: 64,
  filterKiB: 64,
  outputKiB: 64,
  interface: 'estimate',
  ...(banks && { banks }),
});
const gemm = (m: number, n: number, k: number): Layer => ({ name: 'g', operation: { type: 'gemm', m, n, k } });
const free: Banks = { count: 1, wordsPerLine: 1, ports: 1000 };

describe('banks of an SRAM', () => {
  it('equal a count by hand: every lane wants another line of the same bank, or of another', () => {
    // Output stationary: lane l of the rows asks for word l·k + t - l. With k = 8 lanes differ by 7, over 7 banks always the same one.
    const same = simulateLayer(gemm(4, 4, 8), array({ input: { count: 7 }, filter: free, output: free }));
    // 1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1 lanes ask in the 11 cycles of the skew.
    expect(same.banks!.input.stallCycles).toBe([1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1].reduce((sum, lanes) => sum + lanes - 1, 0));
    expect(same.banks!.input.conflicts).toBe(9);
    // Over 8 banks 7 apart is one bank further down each: never two in one.
    const spread = simulateLayer(gemm(4, 4, 8), array({ input: { count: 8 }, filter: free, output: free }));
    expect(spread.banks!.input).toMatchObject({ conflicts: 0, stallCycles: 0 });
    expect(spread.banks!.input.accesses).toEqual([4, 4, 4, 4, 4, 4, 4, 4]);
    expect(same.stallCycles - spread.stallCycles).toBe(21);
    expect(same.cycles - spread.cycles).toBe(21);
  });
  it.each(['os', 'ws', 'is'] as const)(
    '%s: reads and writes of all banks are the words the SRAMs move, ports enough or not',
    (dataflow) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 5 }),
          (m, n, k, count) => {
            const banks = { input: { count }, filter: { count }, output: { count } };
            const plain = simulateLayer(gemm(m, n, k), array(undefined, dataflow));
            const banked = simulateLayer(gemm(m, n, k), array(banks, dataflow));
            for (const memory of ['input', 'filter', 'output'] as const)
              expect(banked.banks![memory].accesses.reduce((a, b) => a + b, 0)).toBe(plain.sram[memory].words);
            // Twice the ports never stall more; as many ports as lanes never stall.
            const two = simulateLayer(
              gemm(m, n, k),
              array({ input: { count, ports: 2 }, filter: { count, ports: 2 }, output: { count, ports: 2 } }, dataflow),
            );
            expect(two.cycles).toBeLessThanOrEqual(banked.cycles);
            const wide = simulateLayer(gemm(m, n, k), array({ input: free, filter: free, output: free }, dataflow));
            expect(wide.cycles).toBe(plain.cycles);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
  it('a line is read once for all lanes that want words of it', () => {
    const meter = bankMeter({ count: 2, wordsPerLine: 4 });
    expect(meter.ask([0, 1, 2, 3], 4)).toBe(0);
    expect(meter.ask([0, 8, 9, 17], 4)).toBe(2);
    expect(meter.traffic()).toEqual({ accesses: [4, 0], conflicts: 1, stallCycles: 2 });
  });
  it('writes them as a report', () => {
    const banks = { input: { count: 2 }, filter: { count: 2 }, output: { count: 2 } };
    const run = simulateArray(readTopologyCsv('Layer, M, N, K,\nfc, 4, 4, 8,'), array(banks));
    const lines = run.files['BANK_REPORT.csv']!.trim().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(/^0, input, 0, 16, \d+, \d+,$/);
  });
  it('refuses banks that aren’t there and releases that have none', () => {
    const banks = { input: { count: 0 }, filter: free, output: free };
    expect(() => simulateLayer(gemm(1, 1, 1), array(banks))).toThrow('config.banks.input.count is 0');
    expect(() => simulateLayer(gemm(1, 1, 1), { ...array({ ...banks, input: free }), compat: 'scalesim-v3' })).toThrow(
      'config.compat is scalesim-v3',
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateLayer, stallFreeWork, type Dataflow } from '../../src/index.ts';

const size = fc.integer({ min: 1, max: 40 });
const edge = fc.integer({ min: 1, max: 9 });

describe('stallFreeWork', () => {
  it('equals the cycle-by-cycle model where nothing stalls', () => {
    fc.assert(
      fc.property(size, size, size, edge, edge, fc.constantFrom<Dataflow>('os', 'ws', 'is'), (m, n, k, rows, columns, dataflow) => {
        const config = { rows, columns, dataflow, inputKiB: 64, filterKiB: 64, outputKiB: 64, interface: 'estimate' } as const;
        let [inputs, filters, outputs] = [0, 0, 0];
        const report = simulateLayer({ name: 'l', operation: { type: 'gemm', m, n, k } }, config, {
          onCycle: (_, lines) => {
            inputs += lines.input.count;
            filters += lines.filter.count;
            outputs += lines.output.count;
          },
        });
        const work = stallFreeWork(config, { m, n, k });
        expect(report.cycles).toBe(work.cycles);
        expect(report.stallCycles).toBe(0);
        expect([inputs, filters, outputs]).toEqual([work.inputReads, work.filterReads, work.outputWrites]);
        expect(Math.abs(report.computeUtilisation - work.computeUtilisation)).toBeLessThan(1e-12);
        expect(Math.abs(report.mappingEfficiency - work.mappingEfficiency)).toBeLessThan(1e-12);
        expect(work.macs).toBe(m * n * k);
        expect(work.computeUtilisation).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  it('is never slower with more bandwidth', () => {
    fc.assert(
      fc.property(
        size,
        size,
        size,
        fc.constantFrom<Dataflow>('os', 'ws', 'is'),
        fc.integer({ min: 1, max: 8 }),
        (m, n, k, dataflow, bandwidth) => {
          const cycles = (b: number): number =>
            simulateLayer(
              { name: 'l', operation: { type: 'gemm', m, n, k } },
              {
                rows: 4,
                columns: 4,
                dataflow,
                inputKiB: 1,
                filterKiB: 1,
                outputKiB: 1,
                interface: 'finite',
                inputBandwidth: b,
                filterBandwidth: b,
                outputBandwidth: b,
              },
            ).cycles;
          expect(cycles(bandwidth * 2)).toBeLessThanOrEqual(cycles(bandwidth));
        },
      ),
      { numRuns: 40 },
    );
  });
});

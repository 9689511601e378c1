import { describe, expect, it } from 'vitest';
import {
  chimera,
  chimeraForm,
  flushForm,
  gpipe,
  interleaved,
  interleavedForm,
  oneForwardOneBackward,
  simulatePipeline,
  unevenForm,
  zeroBubble,
  zeroBubbleH1,
  zeroBubbleH1Form,
  zeroBubbleH2,
  zeroBubbleH2Form,
  zeroBubbleV,
  interlocking,
} from '../../src/index.ts';
import { excerptJson, goldenFolder, goldenJson } from '../golden.ts';

interface DesRow {
  schedule: 'gpipe' | '1f1b' | 'interleaved';
  p: number;
  m: number;
  v?: number;
  f: number;
  b: number;
  stage_f?: number[];
  stage_b?: number[];
  comm: number;
  makespan: number;
  alpa_formula?: number;
  peak_inflight?: number[];
  peak_inflight_chunks?: number[];
}

function checkDes(rows: readonly DesRow[]): void {
  for (const row of rows) {
    const { p, m, v = 1, comm } = row;
    const schedule = row.schedule === 'gpipe' ? gpipe(p, m) : row.schedule === '1f1b' ? oneForwardOneBackward(p, m) : interleaved(p, m, v);
    const run = simulatePipeline(schedule, { forward: row.stage_f ?? row.f / v, backward: row.stage_b ?? row.b / v, transfer: comm });
    expect(run.makespan, JSON.stringify(row)).toBe(row.makespan);
    const peaks = row.peak_inflight ?? row.peak_inflight_chunks;
    if (peaks) expect(run.peakInFlight).toEqual(peaks);
    if (row.alpa_formula !== undefined)
      expect(
        unevenForm(
          row.stage_f!.map((f, s) => f + row.stage_b![s]!),
          m,
        ),
      ).toBe(row.alpa_formula);
    if (comm === 0 && !row.stage_f) {
      const form =
        row.schedule === 'interleaved'
          ? interleavedForm({ devices: p, microBatches: m, forward: row.f, backward: row.b, chunks: v })
          : flushForm({ devices: p, microBatches: m, forward: row.f, backward: row.b });
      expect(form.makespan).toBe(row.makespan);
      expect(run.bubble).toBeCloseTo(form.bubble, 14);
    }
  }
}

interface ZeroBubbleRow {
  p: number;
  m: number;
  f: number;
  b: number;
  w: number;
  comm: number;
  mem_limit: 'ZB1P' | 'ZB2P';
  longest_stage_time: number;
  makespan: number;
  formula_zbh1_nocomm: number;
}

function checkZeroBubble(rows: readonly ZeroBubbleRow[]): void {
  for (const { p, m, f, b, w, comm, mem_limit, longest_stage_time, makespan, formula_zbh1_nocomm } of rows) {
    const costs = { forward: f, backward: b, weightGradient: w, transfer: comm };
    const found = zeroBubble(p, m, { ...costs, memory: mem_limit === 'ZB1P' ? p : 2 * p });
    const run = simulatePipeline(found.schedule, costs);
    expect([found.span, Math.max(...run.span), run.makespan], `p ${p} m ${m} f ${f} ${mem_limit}`).toEqual([
      longest_stage_time,
      longest_stage_time,
      makespan,
    ]);
    expect(Array.from(found.ends)).toEqual(Array.from(run.ends));
    if (mem_limit === 'ZB1P' && comm === 0)
      expect(zeroBubbleH1Form({ devices: p, microBatches: m, ...costs }).makespan).toBe(formula_zbh1_nocomm);
  }
}

describe('pipeline tables', () => {
  it('GPipe, 1F1B and interleaved: a few rows', () => checkDes(excerptJson<{ rows: DesRow[] }>('pipeline/des.json').rows));
  it('zero-bubble search: a few rows', () => checkZeroBubble(excerptJson<{ rows: ZeroBubbleRow[] }>('pipeline/zero-bubble.json').rows));
  it.skipIf(!goldenFolder)('GPipe, 1F1B and interleaved: all 222 rows', () => {
    const rows = goldenJson<DesRow[]>('pipeline/gpipe_1f1b_interleaved_des.json');
    expect(rows.length).toBe(222);
    checkDes(rows);
  });
  it.skipIf(!goldenFolder)('zero-bubble search: all 96 rows', () => {
    const rows = goldenJson<ZeroBubbleRow[]>('pipeline/zb_heuristic_sailsg.json');
    expect(rows.length).toBe(96);
    checkZeroBubble(rows);
  });
});

const equal = { forward: 1, backward: 1 };

describe('Chimera', () => {
  it.each([
    [4, 4, 1, 10],
    [4, 8, 1, 18],
    [4, 16, 1, 34],
    [8, 8, 1, 22],
    [8, 16, 1, 38],
    [16, 16, 1, 46],
    [8, 8, 2, 18],
    [16, 16, 2, 38],
    [8, 8, 4, 16],
  ])('%i devices, %i micro-batches, f = %i: %i slots', (devices, microBatches, pipes, slots) => {
    const run = simulatePipeline(chimera(devices, microBatches, { pipes }), equal);
    const form = chimeraForm({ devices, microBatches, ...equal, pipes });
    expect([run.makespan, form.makespan]).toEqual([slots, slots]);
    expect(run.bubble).toBeCloseTo((devices - 2 * pipes) / (2 * pipes * microBatches + devices - 2 * pipes), 14);
  });
  it('with backward twice forward takes 3N + 2(D - 2) for N = D', () => {
    expect([4, 8, 16].map((d) => simulatePipeline(chimera(d, d), { forward: 1, backward: 2 }).makespan)).toEqual([16, 36, 76]);
  });
  it('holds D/2 + 1 to D activations', () => {
    expect(simulatePipeline(chimera(8, 8), equal).peakInFlight).toEqual([5, 6, 7, 8, 8, 7, 6, 5]);
  });
});

describe('handcrafted zero bubble', () => {
  it.each([
    [4, 8],
    [8, 16],
    [4, 7],
    [2, 3],
    [8, 40],
  ])('%i devices, %i micro-batches equal their forms', (devices, microBatches) => {
    const costs = { forward: 1, backward: 1, weightGradient: 1 };
    const h1 = simulatePipeline(zeroBubbleH1(devices, microBatches), costs);
    expect(h1.makespan).toBe(zeroBubbleH1Form({ devices, microBatches, ...costs }).makespan);
    expect(h1.peakInFlight).toEqual(Array<number>(devices).fill(devices));
    const h2 = simulatePipeline(zeroBubbleH2(devices, microBatches), costs);
    expect(Math.max(...h2.span)).toBe(zeroBubbleH2Form({ devices, microBatches, ...costs }).makespan);
    expect(h2.peakInFlight).toEqual(Array<number>(devices).fill(2 * devices - 1));
  });
});

describe('ZB-V', () => {
  it.each([
    [2, 8],
    [4, 8],
    [4, 16],
    [8, 16],
    [8, 32],
  ])('%i devices, %i micro-batches: no idle time in any device’s span, 1F1B’s memory', (devices, microBatches) => {
    const costs = { forward: 1, backward: 1, weightGradient: 1 };
    const run = simulatePipeline(zeroBubbleV(devices, microBatches, costs), costs);
    expect(Math.max(...run.span)).toBe(6 * microBatches);
    for (const chunks of run.peakInFlight) expect(chunks).toBeLessThanOrEqual(2 * devices);
  });
});

describe('interlocking', () => {
  it.each([1, 2, 3, 4, 8])(
    'with reach %i the backward of one micro-batch through 8 stages takes that many steps after the forward',
    (reach) => {
      expect(simulatePipeline(interlocking(8, 1, reach), equal).makespan).toBe(8 + reach);
    },
  );
  it('holds a micro-batch on a stage until the gradient of the farthest loss there is', () => {
    // Of reach r, gradient h of micro-batch i - 2h follows forward i: 2 (r - 1) + 1 are held, and fewer where the model ends before that.
    expect(simulatePipeline(interlocking(6, 16, 4), equal).peakInFlight).toEqual([7, 7, 7, 5, 3, 1]);
  });
});

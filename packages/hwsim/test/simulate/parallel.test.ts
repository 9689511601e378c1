import { describe, expect, it } from 'vitest';
import {
  a100,
  gpipe,
  hardware,
  hierarchicalTime,
  layerGraph,
  scheduleNames,
  simulate,
  simulatePipeline,
  oneForwardOneBackward,
  ringAllReduceTime,
  traceFaults,
  transformerGraph,
  v100,
  type Layer,
  type LayerGraph,
  type Report,
  type Trace,
  type TrainingOptions,
} from '../../src/index.ts';

const model = { hidden: 1024, feedforward: 4096, sequence: 512, heads: 16, headSize: 64, blocks: 8 };
const gpt = transformerGraph(model, { batch: 1, vocabulary: 32_000 });
const moe = transformerGraph(model, { batch: 1, vocabulary: 32_000, experts: { count: 8, topK: 2 } });
const train = (graph: LayerGraph, chips: number, training: TrainingOptions): Report =>
  simulate({ model: graph, hardware: a100({ chips }), precision: 'bf16', training });
const macs = (report: Report): number =>
  report.steps.reduce((sum, step) => sum + (step.kind === 'recompute' ? 0 : step.macs * step.times), 0) *
  report.parallel.data *
  report.parallel.tensor;
const chain = (n: number): LayerGraph =>
  layerGraph(
    'chain',
    Array.from({ length: n }, (_, i): Layer => ({ name: `fc${i}`, operation: { type: 'gemm', m: 64, n: 512, k: 512 } })),
    { batch: 64 },
  );

describe('simulate on many chips', () => {
  it('does the same multiplications however they are spread', () => {
    const alone = macs(train(gpt, 1, { batch: 64, microBatches: 64 }));
    for (const parallel of [
      { data: 8 },
      { tensor: 8 },
      { pipeline: 8 },
      { data: 2, tensor: 2, pipeline: 2 },
      { data: 4, tensor: 4, pipeline: 4 },
    ]) {
      const chips = Object.values(parallel).reduce((a, b) => a * b, 1);
      const report = train(gpt, chips, { batch: 64, microBatches: 64 / (parallel.data ?? 1), parallel });
      expect(macs(report)).toBe(alone);
      expect(report.chips).toBe(chips);
      expect(report.samples).toBe(64);
    }
  });

  it('multiplies what the published formula says: 72 B s l h² (1 + s/6h + V/12lh) operations (arXiv 2104.04473)', () => {
    const { hidden: h, sequence: s, blocks: l } = model;
    const [batch, vocabulary] = [8, 32_000];
    const report = train(gpt, 2, { batch, parallel: { data: 2 } });
    expect(2 * macs(report)).toBe(Math.round(72 * batch * s * l * h ** 2 * (1 + s / (6 * h) + vocabulary / (12 * l * h))));
    // Recomputed, once more the blocks' forward, and the vocabulary's, which the formula keeps.
    const again = train(gpt, 2, { batch, parallel: { data: 2 }, recompute: 'full' });
    const all = again.steps.reduce((sum, step) => sum + step.macs * step.times, 0) * 2;
    expect(2 * all).toBeCloseTo(
      96 * batch * s * l * h ** 2 * (1 + s / (6 * h) + vocabulary / (16 * l * h)) + 2 * batch * s * vocabulary * h,
      -3,
    );
  });

  it('exchanges what Megatron-LM does: two all-reduces of the activations a block forward and two backward', () => {
    const report = train(gpt, 8, { parallel: { tensor: 8 } });
    const tokens = 512 * 1024 * 2;
    const inBlock = report.steps.filter(({ kind, layer }) => kind === 'exchange' && layer.startsWith('block 3'));
    expect(inBlock.map(({ exchanged }) => exchanged)).toEqual([tokens, tokens, tokens, tokens]);
    // Column-divided products before, row-divided behind.
    const forward = report.steps.filter(({ kind, layer }) => kind === 'exchange' && layer === 'block 3 mlp 2');
    expect(forward).toHaveLength(1);
  });

  it('divides weights, optimizer state and activations among tensor-parallel chips and stages', () => {
    const alone = train(gpt, 1, {});
    const tensor = train(gpt, 4, { parallel: { tensor: 4 } });
    const parameters = (report: Report): number => report.devices.reduce((sum, d) => sum + d.memory.optimizer, 0) / 12;
    // Norms are whole everywhere.
    const norms = 17 * 2 * 1024;
    expect(4 * (parameters(tensor) - norms)).toBe(parameters(alone) - norms);
    expect(parameters(train(gpt, 4, { parallel: { pipeline: 4 } }))).toBe(parameters(alone));
    expect(tensor.memory.activations).toBeLessThan(alone.memory.activations);
  });

  it('sends experts’ tokens there and back, and the busiest chip sets the time', () => {
    const base = { batch: 8, microBatches: 1 };
    const here = train(moe, 8, { ...base, parallel: { data: 8 } });
    const spread = train(moe, 8, { ...base, parallel: { data: 8, expert: 8 } });
    const exchanges = spread.steps.filter(({ kind, layer }) => kind === 'exchange' && layer === 'block 0 experts');
    expect(exchanges.map(({ exchanged }) => exchanged)).toEqual(Array.from({ length: 4 }, () => 512 * 2 * 1024 * 2));
    expect(macs(spread)).toBe(macs(here));
    // Seven of eight experts of eight blocks are elsewhere.
    expect(here.memory.weights - spread.memory.weights).toBe(8 * 7 * 2 * 1024 * 4096 * 2);
    // Gradients of experts that are on one chip only aren't exchanged.
    expect(spread.steps.filter(({ layer, kind }) => layer === 'experts’ gradients' && kind === 'exchange')).toEqual([]);
    const uneven = layerGraph(
      'uneven',
      [
        {
          name: 'moe',
          operation: {
            type: 'moe',
            tokens: 512,
            experts: 8,
            inputSize: 512,
            hiddenSize: 2048,
            capacityFactor: 8,
            loads: [400, 16, 16, 16, 16, 16, 16, 16],
          },
        },
      ],
      { batch: 1 },
    );
    const even = layerGraph('even', [
      { name: 'moe', operation: { type: 'moe', tokens: 512, experts: 8, inputSize: 512, hiddenSize: 2048, capacityFactor: 8 } },
    ]);
    const time = (graph: LayerGraph): number => train(graph, 8, { parallel: { data: 8, expert: 8 } }).time;
    expect(time(uneven)).toBeGreaterThan(time(even));
  });

  it.each(scheduleNames)('plays %s with the stages’ own times, within memory rules, and its trace keeps the format’s rules', (schedule) => {
    const report = train(gpt, 4, { batch: 16, microBatches: 16, parallel: { pipeline: 4 }, schedule });
    expect(report.time).toBeGreaterThan(0);
    expect(report.bubble).toBeGreaterThan(0);
    expect(report.stages.flatMap(({ layers }) => layers)).toEqual(gpt.layers.map(({ name }) => name));
    expect(traceFaults(JSON.parse(report.toPerfetto()) as Trace)).toEqual([]);
    // What the timeline adds up to is what was reported.
    const ends: number[] = [];
    const held: number[] = [];
    let sum = 0;
    for (const { device, start, seconds, held: bytes } of report.timeline()) {
      ends[device] = Math.max(ends[device] ?? 0, start + seconds);
      held[device] = Math.max(held[device] ?? 0, bytes);
      sum += seconds;
    }
    expect(Math.max(...ends)).toBeCloseTo(report.time, 12);
    report.devices.forEach(({ memory }, d) => expect(held[d]).toBeCloseTo(memory.peak, 0));
    expect(sum).toBeCloseTo(
      report.devices.reduce((total, { busy }) => total + busy, 0),
      9,
    );
    const listed = report.steps.reduce((total, { seconds, times }) => total + seconds * times, 0);
    expect(listed).toBeCloseTo(sum, 9);
    // After the last pass nothing but weights, gradients and optimizer state is held.
    const last = new Map<number, number>();
    for (const { device, held: bytes } of report.timeline()) last.set(device, bytes);
    report.devices.forEach(({ memory }, d) => expect(last.get(d)).toBeCloseTo(memory.weights + memory.gradients + memory.optimizer, 0));
  });

  it('keeps all micro-batches’ activations with GPipe, a pipeline’s length of them with 1F1B', () => {
    const kept = (schedule: 'gpipe' | '1f1b'): number =>
      train(chain(4), 4, { batch: 64 * 16, microBatches: 16, parallel: { pipeline: 4 }, schedule }).devices[0]!.memory.activations;
    expect(kept('gpipe') / kept('1f1b')).toBe(4);
  });

  it('takes a schedule as data, and equals the pipeline simulation of its own stage times', () => {
    const report = train(chain(8), 4, {
      batch: 64 * 8,
      microBatches: 8,
      parallel: { pipeline: 4 },
      schedule: gpipe(4, 8),
      stages: [1, 1, 1, 5],
    });
    const { stages } = report;
    const run = simulatePipeline(gpipe(4, 8), {
      forward: stages.map((s) => s.forward),
      backward: stages.map((s) => s.backward),
      transfer: stages.slice(0, -1).map((s) => s.transfer),
    });
    expect(Math.max(...report.passes().map(({ start, seconds }) => start + seconds))).toBeCloseTo(run.makespan, 12);
    expect(report.bubble).toBe(run.bubble);
    expect(stages.map(({ layers }) => layers.length)).toEqual([1, 1, 1, 5]);
  });

  it('trains products of two activations through both, and keeps no state for them', () => {
    const scores = layerGraph(
      'scores',
      [
        { name: 'q', operation: { type: 'gemm', m: 64, n: 512, k: 512 } },
        { name: 'k', operation: { type: 'gemm', m: 64, n: 512, k: 512 }, inputs: [] },
        { name: 'scores', operation: { type: 'gemm', m: 64, n: 64, k: 64, batch: 8, right: 'activations' }, inputs: ['q', 'k'] },
      ],
      { batch: 1 },
    );
    const report = train(scores, 1, {});
    expect(report.memory.optimizer).toBe(12 * 2 * 512 * 512);
    const kinds = report.steps.filter(({ layer }) => layer === 'scores').map(({ kind, macs: n }) => [kind, n]);
    expect(kinds).toEqual([
      ['forward', 8 * 64 ** 3],
      ['input gradient', 2 * 8 * 64 ** 3],
    ]);
    const halved = train(scores, 2, { parallel: { tensor: 2 } }).steps.find(({ layer, kind }) => layer === 'scores' && kind === 'forward')!;
    expect(halved.macs).toBe(4 * 64 ** 3);
  });

  it('balances uneven layers over stages', () => {
    const uneven = layerGraph(
      'uneven',
      [4096, 64, 64, 64, 64, 2048].map((n, i): Layer => ({
        name: `l${i}`,
        operation: { type: 'gemm', m: 4096, n, k: 4096 },
        inputs: i === 0 ? [] : [`l${i - 1}`],
      })),
    );
    expect(train(uneven, 2, { parallel: { pipeline: 2 } }).stages.map(({ layers }) => layers.length)).toEqual([1, 5]);
  });

  it('ZeRO spreads state, gradients and weights, and pays with more exchanges from stage 3 on', () => {
    const [zero0, zero1, zero2, zero3] = ([0, 1, 2, 3] as const).map((zero) => train(gpt, 8, { parallel: { data: 8 }, zero })) as [
      Report,
      Report,
      Report,
      Report,
    ];
    expect(zero1.memory.optimizer).toBe(zero0.memory.optimizer / 8);
    expect(zero2.memory.gradients).toBe(zero0.memory.gradients / 8);
    expect(zero3.memory.weights).toBe(zero0.memory.weights / 8);
    const exchanged = (report: Report): number =>
      report.steps.reduce((sum, { kind, exchanged: bytes, times }) => sum + (kind === 'exchange' ? bytes * times : 0), 0);
    // A ring's all-reduce is a scatter and a gather; stage 3 gathers a second time.
    const all = exchanged(zero0);
    expect(exchanged(zero1)).toBe(2 * all);
    expect(exchanged(zero3)).toBe(3 * all);
    // Recomputing gathers weights a third time.
    expect(exchanged(train(gpt, 8, { parallel: { data: 8 }, zero: 3, recompute: 'full' }))).toBe(4 * all);
    // An eighth of the parameters is updated, from an eighth of the state and of the gradients.
    const updated = (report: Report): number => report.steps.find(({ kind }) => kind === 'optimizer')!.bytes;
    expect([zero1, zero2, zero3].map(updated)).toEqual(Array.from({ length: 3 }, () => updated(zero0) / 8));
    expect(zero3.time).toBeGreaterThan(zero1.time);
    expect(zero3.memory.peak).toBeLessThan(zero2.memory.peak);
  });

  it('recomputes for memory: everything, or attention’s probabilities only', () => {
    const reports = (['none', 'attention', 'full'] as const).map((recompute) => train(gpt, 1, { recompute }));
    const [none, attention, full] = reports as [Report, Report, Report];
    expect(attention.memory.activations).toBeLessThan(none.memory.activations);
    expect(full.memory.activations).toBeLessThan(attention.memory.activations);
    expect(none.time).toBeLessThan(attention.time);
    expect(attention.time).toBeLessThan(full.time);
    const forward = (report: Report, kind: string): number => report.steps.reduce((sum, s) => sum + (s.kind === kind ? s.macs : 0), 0);
    expect(forward(full, 'recompute')).toBe(forward(full, 'forward'));
  });

  it('leaves a node by its slower link, every chip carrying its part', () => {
    const chip = a100();
    const gradients = (chips: number, parallel: TrainingOptions['parallel'] & object): { seconds: number; exchanged: number } =>
      train(chain(2), chips, { parallel }).steps.find(({ layer, kind }) => layer === 'gradients' && kind === 'exchange')!;
    const { seconds, exchanged: bytes } = gradients(16, { data: 16 });
    const { bandwidth, latency } = chip.link!;
    const outer = chip.node!.link;
    expect(seconds).toBeCloseTo(
      hierarchicalTime({ devices: 8, bytes, bandwidth, latency, groups: 2, outerBandwidth: outer.bandwidth, outerLatency: outer.latency }),
      12,
    );
    // With eight tensor-parallel chips a node, copies meet over the network only.
    const apart = gradients(16, { tensor: 8, data: 2 });
    expect(apart.seconds).toBeCloseTo(ringAllReduceTime({ devices: 2, bytes: apart.exchanged, ...outer }), 12);
    expect(gradients(8, { data: 8 }).seconds).toBeCloseTo(ringAllReduceTime({ devices: 8, bytes, bandwidth, latency }), 12);
  });

  it('spreads inference too', () => {
    const report = simulate({
      model: gpt,
      hardware: v100({ chips: 8 }),
      precision: 'f16',
      inference: { batch: 8, microBatches: 8, parallel: { tensor: 2, pipeline: 4 } },
    });
    expect(report.training).toBe(false);
    expect(report.steps.every(({ kind }) => kind === 'forward' || kind === 'exchange')).toBe(true);
    expect(report.memory.optimizer).toBe(0);
  });

  it('one stage of one micro-batch is the plain sum', () => {
    const report = train(chain(3), 1, {});
    expect(report.bubble).toBe(0);
    expect(report.time).toBeCloseTo(
      report.steps.reduce((sum, { seconds }) => sum + seconds, 0),
      15,
    );
    expect(oneForwardOneBackward(1, 1).order[0]).toHaveLength(2);
  });

  it.each<[string, TrainingOptions, string]>([
    ['too few chips', { parallel: { tensor: 3 } }, 'data 2 x tensor 3 x pipeline 1 = 6 chips, but the hardware has 8'],
    [
      'experts that aren’t data parallel',
      { parallel: { tensor: 8, expert: 2 } },
      'training.parallel.expert is 2, expected a divisor of the 1 data-parallel',
    ],
    ['a batch that doesn’t divide', { batch: 12, parallel: { data: 8 } }, 'training.batch is 12, which 8 data-parallel copies'],
    ['more stages than layers', { parallel: { pipeline: 8 } }, 'ask for 8 stages, but the model has only 4 layers'],
    ['stages that aren’t all', { parallel: { pipeline: 2 }, stages: [1, 1] }, 'stages is [1, 1], expected 2 whole numbers'],
    ['half a layer', { parallel: { pipeline: 2 }, stages: [2.5, 1.5] }, 'stages is [2.5, 1.5], expected 2 whole numbers'],
    ['a schedule that isn’t there', { schedule: 'zigzag' as '1f1b' }, 'training.schedule is "zigzag", expected one of gpipe'],
    [
      'a schedule of another size',
      { parallel: { pipeline: 2 }, microBatches: 4, schedule: gpipe(4, 4) },
      'training.schedule has 4 devices and 4 micro-batches, expected parallel.pipeline 2',
    ],
    ['a stage of ZeRO that isn’t there', { zero: 4 as 3 }, 'training.zero is 4'],
  ])('refuses %s', (_, training, message) => {
    expect(() => train(chain(4), 8, training)).toThrow(message);
  });
  it('refuses both kinds at once, and measured layers cut in two', () => {
    expect(() => simulate({ model: gpt, hardware: hardware('a100'), training: {}, inference: {} })).toThrow(
      'training and inference are both given',
    );
    const measured = layerGraph('m', [
      { name: 'a', operation: { type: 'profiled', forward: 1, backward: 2, outputBytes: 4, parameterBytes: 4 } },
    ]);
    expect(() => train(measured, 2, { parallel: { tensor: 2 } })).toThrow('layer "a" is known by measured times only');
    expect(
      simulate({ model: measured, hardware: a100(), precision: 'bf16', training: {} })
        .steps.map(({ seconds }) => seconds)
        .slice(0, 2),
    ).toEqual([1, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  readCalculonExecution,
  readCalculonModel,
  readCalculonSystem,
  simulateTransformer,
  transformerParameters,
  type TransformerRun,
} from '../../src/index.ts';
import { blockLayers } from '../../src/training/block-layers.ts';
import { excerptJson, goldenFolder, goldenJson } from '../golden.ts';

/** Our figure for each of Calculon's. */
const figures: Readonly<Record<string, (run: TransformerRun) => number>> = {
  total_time: (r) => r.time.total,
  fw_time: (r) => r.time.forward,
  bw_time: (r) => r.time.backward,
  optim_step_time: (r) => r.time.optimizer,
  recompute_time: (r) => r.time.recompute,
  recomm_exposed_time: (r) => r.time.reexchange,
  bubble_time: (r) => r.time.bubble,
  tp_comm_exposed_time: (r) => r.time.tensorExchange,
  pp_comm_exposed_time: (r) => r.time.pipelineTransfer,
  dp_comm_exposed_time: (r) => r.time.dataExchange,
  weight_space: (r) => r.memory.weights,
  act_space: (r) => r.memory.activations,
  act_checkpoint_size: (r) => r.memory.checkpoints,
  weight_grad_space: (r) => r.memory.weightGradients,
  act_grad_space: (r) => r.memory.activationGradients,
  optimizer_space: (r) => r.memory.optimizer,
  proc_mem_tier1_cap_req: (r) => r.memory.total,
  useful_flops: (r) => r.usefulOperations,
  compute_efficiency: (r) => r.computeEfficiency,
  system_efficiency: (r) => r.systemEfficiency,
  total_efficiency: (r) => r.totalEfficiency,
  sample_rate: (r) => r.sampleRate,
  block_fw_flops: (r) => r.block.forwardOperations,
  block_fw_mem_accessed: (r) => r.block.forwardBytes,
  block_fw_time: (r) => r.block.forwardTime,
  block_re_time: (r) => r.block.recomputeTime,
  block_agrad_flops: (r) => r.block.inputGradientOperations,
  block_agrad_mem_accessed: (r) => r.block.inputGradientBytes,
  block_agrad_time: (r) => r.block.inputGradientTime,
  block_wgrad_flops: (r) => r.block.weightGradientOperations,
  block_wgrad_mem_accessed: (r) => r.block.weightGradientBytes,
  block_wgrad_time: (r) => r.block.weightGradientTime,
  block_optim_flops: (r) => r.block.optimizerOperations,
  block_optim_time: (r) => r.block.optimizerTime,
  baseblock_fw_tp_time: (r) => r.block.forwardExchangeTime,
  baseblock_agrad_tp_time: (r) => r.block.backwardExchangeTime,
  baseblock_recomm_time: (r) => r.block.reexchangeTime,
};

function check(run: TransformerRun, stats: Readonly<Record<string, number>>): void {
  for (const [name, figure] of Object.entries(figures)) {
    const expected = stats[name];
    if (expected === undefined) continue;
    const ours = figure(run);
    expect(Math.abs(ours - expected) <= 1e-12 * Math.abs(expected), `${name}: ${ours}, expected ${expected}`).toBe(true);
  }
}

interface Excerpt {
  system: unknown;
  runs: Record<string, { model: unknown; execution: unknown; stats: Record<string, number> }>;
}

describe('Calculon’s runs, to 1e-12', () => {
  const { system, runs } = excerptJson<Excerpt>('calculon/runs.json');
  it.each(Object.entries(runs))('%s', (_, { model, execution, stats }) => {
    check(simulateTransformer(readCalculonModel(model), readCalculonExecution(execution), readCalculonSystem(system)), stats);
  });

  describe.skipIf(!goldenFolder)('all saved', () => {
    const stats = goldenFolder ? goldenJson<Record<string, Record<string, number>>>('calculon/stats/validation_stats.json') : {};
    it.each(Object.keys(stats))('%s', (name) => {
      const saved = readCalculonSystem(goldenJson(`calculon/systems/${name.startsWith('tab5') ? 'a100_80g' : 'a100_80e'}.json`));
      check(
        simulateTransformer(
          readCalculonModel(goldenJson(`calculon/models/${name.split('_')[1]}.json`)),
          readCalculonExecution(goldenJson(`calculon/executions/${name}.json`)),
          saved,
          { checkMemory: false },
        ),
        stats[name]!,
      );
    });
    it('1T parameters on 3,072 A100', () => {
      check(
        simulateTransformer(
          readCalculonModel(goldenJson('calculon/models/megatron-1T.json')),
          readCalculonExecution(goldenJson('calculon/executions/3072_t4_p64_d12_mbs4_full.json')),
          readCalculonSystem(goldenJson('calculon/systems/a100_80g.json')),
        ),
        goldenJson('calculon/stats/example_megatron-1T_3072_a100_80g.json'),
      );
    });
    it('each layer of GPT-3', () => {
      const { layers } = goldenJson<Record<string, { layers: Record<string, number>[] }>>(
        'calculon/stats/gpt3-175B_seqsel_with_layers.json',
      )['tab5_gpt3-175B_seqsel_layers']!;
      const ours = blockLayers(
        readCalculonModel(goldenJson('calculon/models/gpt3-175B.json')),
        readCalculonExecution(goldenJson('calculon/executions/tab5_gpt3-175B_seqsel.json')),
        2,
      );
      expect(
        ours.map((l) => [
          l.forwardOperations,
          l.inputGradientOperations,
          l.weightGradientOperations,
          l.forwardBytes,
          l.inputGradientBytes,
          l.weightGradientBytes,
          l.activationBytes,
          l.activationGradientBytes,
          l.weights * 2,
        ]),
      ).toEqual(
        layers.map((l) => [
          l.fw_flops,
          l.agrad_flops,
          l.wgrad_flops,
          l.fw_mem_accessed,
          l.agrad_mem_accessed,
          l.wgrad_mem_accessed,
          l.activation,
          l.activation_grad,
          l.weight,
        ]),
      );
    });
    it.each([
      ['gpt3-175B', 174.616],
      ['megatron-22B', 22.074],
      ['turing-530B', 529.601],
      ['gopher-280B', 258.587],
      ['palm-540B', 428.625],
    ])('%s has %d billion parameters', (name, billions) => {
      expect(Math.round(transformerParameters(readCalculonModel(goldenJson(`calculon/models/${name}.json`))) / 1e6) / 1e3).toBe(billions);
    });
  });
});

describe('simulateTransformer', () => {
  const { system, runs } = excerptJson<Excerpt>('calculon/runs.json');
  const { model, execution } = runs['tab5_gpt3-175B_full']!;
  const [transformer, plan, machine] = [readCalculonModel(model), readCalculonExecution(execution), readCalculonSystem(system)] as const;
  it('runs inference without a backward', () => {
    const run = simulateTransformer(transformer, { ...plan, recompute: 'none', training: false }, machine);
    expect([run.time.backward, run.time.optimizer, run.memory.optimizer]).toEqual([0, 0, 0]);
    expect(run.time.forward).toBeGreaterThan(0);
  });
  it('needs more memory without recomputation and says so when it doesn’t fit', () => {
    expect(() => simulateTransformer(transformer, { ...plan, recompute: 'none' }, machine)).toThrow(
      /a processor needs .* GiB and has 80.0/,
    );
  });
  it('refuses what doesn’t divide or isn’t there, by name', () => {
    expect(() => simulateTransformer(transformer, { ...plan, tensorParallel: 5 }, machine)).toThrow(
      'model.hidden is 12288, expected a multiple of plan.tensorParallel 5',
    );
    expect(() => simulateTransformer(transformer, { ...plan, dataType: 'int3' }, machine)).toThrow('plan.dataType is "int3"');
    expect(() => simulateTransformer(transformer, { ...plan, tensorNetwork: 7 }, machine)).toThrow('plan.tensorNetwork is 7');
    expect(() => readCalculonSystem({ ...(system as object), matrix: { float16: { tflops: 0 } } })).toThrow('matrix.float16.tflops is 0');
    expect(() => readCalculonExecution({ ...(execution as object), weight_offload: true })).toThrow(
      "execution.weight_offload is true, which isn't modelled",
    );
  });
});

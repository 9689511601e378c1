import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { hardware, traceFaults, type Trace } from '../../src/index.ts';
import { onnxBytes } from '../models/onnx-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'hwsim-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const topology = file('net.csv', 'Layer, M, N, K,\nfc1, 64, 128, 256,\nfc2, 64, 10, 128,\n');

async function run(...words: string[]): Promise<{ said: string[]; noted: string[] }> {
  const said: string[] = [];
  const noted: string[] = [];
  const command = program({ say: (line) => said.push(line), note: (line) => noted.push(line) });
  for (const c of [command, ...command.commands]) c.exitOverride().configureOutput({ writeErr: (text) => noted.push(text) });
  await command.parseAsync(words, { from: 'user' });
  return { said, noted };
}

describe('hwsim command', () => {
  it('run writes a report in four forms', async () => {
    const out = join(folder, 'out');
    const { said } = await run('run', '--model', topology, '--hardware', 'tpu-v1', '--batch', '8', '--out', out);
    expect(said[0]).toMatch(/^net\.csv on tpu-v1, int8, 8 samples: [\d.]+ µs, \d+ µJ, [\d.]+ % of the peak, \d+ kB a chip$/);
    expect(readdirSync(out).toSorted()).toEqual(['report.html', 'report.json', 'steps.csv', 'trace.json']);
    expect(traceFaults(JSON.parse(readFileSync(join(out, 'trace.json'), 'utf8')) as Trace)).toEqual([]);
    expect(readFileSync(join(out, 'steps.csv'), 'utf8').trim().split('\n').length).toBe(3);
  });
  it('run takes a chip from a file and a training step', async () => {
    const chip = file('chip.json', JSON.stringify({ ...hardware('a100'), name: 'mine' }));
    expect((await run('run', '--model', topology, '--hardware', chip, '--precision', 'bf16', '--train', '--data', '4')).said[0]).toContain(
      'net.csv on 4 mine, bf16, 4 samples',
    );
  });
  it('run spreads a Calculon model over tensor, pipeline and data parallelism', async () => {
    const gpt = file(
      'gpt.json',
      JSON.stringify({ hidden: 64, feedforward: 256, seq_size: 32, attn_heads: 4, attn_size: 16, num_blocks: 4 }),
    );
    const words = [
      '--precision',
      'bf16',
      '--train',
      '--chips',
      '8',
      '--tensor',
      '2',
      '--pipeline',
      '2',
      '--batch',
      '16',
      '--recompute',
      'full',
      '--zero',
      '1',
    ];
    const { said } = await run('run', '--model', gpt, '--hardware', 'h100', '--schedule', 'zb-h1', ...words);
    expect(said[0]).toMatch(/^gpt\.json on 8 h100, bf16, 16 samples: .* bubble [\d.]+ %, .* a chip$/);
    await expect(run('run', '--model', gpt, '--hardware', 'h100', '--chips', '8', '--precision', 'bf16', '--tensor', '3')).rejects.toThrow(
      'but the hardware has 8',
    );
  });
  it('run reads ONNX and PipeDream profiles', async () => {
    const model = join(folder, 'net.onnx');
    writeFileSync(
      model,
      onnxBytes({ inputs: { x: ['N', 8] }, weights: { w: [8, 4] }, nodes: [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }] }),
    );
    expect((await run('run', '--model', model, '--batch', '2')).said[0]).toContain('net.onnx on tpu-v1, int8, 2 samples');
    const figures = 'forward_compute_time=1.0, backward_compute_time=2.0, activation_size=3.0, parameter_size=4.0';
    const profile = file('graph.txt', `node1 -- A -- ${figures}\nnode2 -- B -- ${figures}\n\tnode1 -- node2\n`);
    expect((await run('run', '--model', profile)).said[0]).toContain('graph.txt on tpu-v1, int8, 1 samples: 2 ms');
    await expect(run('run', '--model', file('bad.onnx', 'no'))).rejects.toThrow(/bad\.onnx: /);
    await expect(run('run', '--model', file('bad.txt', 'no\n'))).rejects.toThrow(/bad\.txt:1: /);
  });
  it('run reads a tfjs graph model with its weights beside it', async () => {
    const shape = { shape: { dim: [{ size: '-1' }, { size: '2' }, { size: '4' }] } };
    const model = file(
      'graph.json',
      JSON.stringify({
        modelTopology: {
          node: [
            { name: 'x', op: 'Placeholder', attr: { shape } },
            { name: 'to', op: 'Const' },
            { name: 'w', op: 'Const' },
            { name: 'flat', op: 'Reshape', input: ['x', 'to'] },
            { name: 'fc', op: 'MatMul', input: ['flat', 'w'] },
          ],
        },
        weightsManifest: [
          {
            paths: ['graph.bin'],
            weights: [
              { name: 'to', shape: [2], dtype: 'int32' },
              { name: 'w', shape: [8, 3], dtype: 'float32' },
            ],
          },
        ],
      }),
    );
    await expect(run('run', '--model', model)).rejects.toThrow("graph.bin: can't be read");
    writeFileSync(join(folder, 'graph.bin'), new Uint8Array(Int32Array.of(-1, 8, ...Array<number>(24).fill(0)).buffer));
    expect((await run('roofline', '--model', model)).said[1]).toMatch(/^fc forward\t/);
  });
  it('run reads a tfjs model', async () => {
    const model = file(
      'model.json',
      JSON.stringify({
        modelTopology: {
          model_config: {
            class_name: 'Sequential',
            config: [{ class_name: 'Dense', config: { name: 'd', units: 10, batch_input_shape: [null, 784] } }],
          },
        },
      }),
    );
    expect((await run('roofline', '--model', model)).said[1]).toMatch(/^d forward\t/);
  });
  it('run follows SCALE-Sim configurations', async () => {
    const config = file(
      'a.cfg',
      '[architecture_presets]\nArrayHeight: 32\nArrayWidth: 32\nIfmapSramSzkB: 64\nFilterSramSzkB: 64\nOfmapSramSzkB: 64\nDataflow: ws\nBandwidth: 10\n[run_presets]\nInterfaceBandwidth: CALC\n',
    );
    const { said, noted } = await run('run', '--model', topology, '--scale-sim', config);
    expect(said[0]).toContain('LayerID, Total Cycles (incl. prefetch), Total Cycles');
    expect(noted).toHaveLength(2);
  });
  it('roofline, pipeline, collective and sweep say their results with units', async () => {
    expect((await run('roofline', '--model', topology)).said).toHaveLength(3);
    expect((await run('pipeline', '--schedule', '1f1b', '--transfer', '1')).said[0]).toContain('makespan 38 units');
    expect((await run('collective', '--npus', '4')).said[0]).toMatch(/\d+ ns/);
    const { said, noted } = await run('sweep', '--model', topology, '--batches', '1,8');
    expect(said[0]).toContain('time (s)');
    expect(said.length).toBe(1 + 2 * noted.length);
  });
  it('place gives loads, and searches with a learning curve', async () => {
    const node = (id: number, t: number): object => ({ id, supportedOnFpga: 1, cpuLatency: 9, fpgaLatency: t, size: 1, isBackwardNode: 0 });
    const graph = file(
      'g.json',
      JSON.stringify({
        maxFPGAs: 2,
        maxCPUs: 0,
        maxSizePerFPGA: 9,
        nodes: [node(1, 2), node(2, 3)],
        edges: [{ sourceId: 1, destId: 2, cost: 0.5 }],
      }),
    );
    expect((await run('place', '--graph', graph)).said[0]).toBe('maximum load 3.5 (time units of the graph)');
    const out = join(folder, 'placed');
    const { said } = await run('place', '--graph', graph, '--method', 'reinforce', '--evaluations', '2000', '--seed', '2', '--out', out);
    expect(said[0]).toBe('maximum load 3.5 (time units of the graph), 2000 placements costed, seed 2');
    expect(readFileSync(join(out, 'placement.html'), 'utf8')).toContain('<h2>Learning curve</h2>');
  });
  it('refuses bad files and words, saying which', async () => {
    await expect(run('run', '--model', join(folder, 'none.csv'))).rejects.toThrow("none.csv: can't be read (ENOENT)");
    await expect(run('run', '--model', file('net.pt', 'x'))).rejects.toThrow("net.pt: isn't a model file: give .onnx");
    await expect(run('run', '--model', file('bad.csv', 'h\nx,1\n'))).rejects.toThrow(/bad\.csv:2: layer "x": IFMAP width is ""/);
    await expect(run('place', '--graph', file('bad.json', '{'))).rejects.toThrow('bad.json:1: ');
    await expect(run('place', '--graph', file('odd.json', '{}'))).rejects.toThrow('odd.json: nodes or edges is missing');
    await expect(run('pipeline', '--schedule', 'nonsense')).rejects.toThrow('Allowed choices are gpipe, 1f1b');
    await expect(run('pipeline', '--devices', 'x')).rejects.toThrow('"x" is not a number');
  });
});

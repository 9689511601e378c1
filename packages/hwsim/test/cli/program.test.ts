import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { hardware, traceFaults, type Trace } from '../../src/index.ts';

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
    expect(said[0]).toMatch(/^net\.csv on tpu-v1, int8: [\d.]+ µs, \d+ µJ, [\d.]+ % of the peak, \d+ kB$/);
    expect(readdirSync(out).toSorted()).toEqual(['report.html', 'report.json', 'steps.csv', 'trace.json']);
    expect(traceFaults(JSON.parse(readFileSync(join(out, 'trace.json'), 'utf8')) as Trace)).toEqual([]);
    expect(readFileSync(join(out, 'steps.csv'), 'utf8').trim().split('\n').length).toBe(3);
  });
  it('run takes a chip from a file and a training step', async () => {
    const chip = file('chip.json', JSON.stringify({ ...hardware('a100'), name: 'mine' }));
    expect(
      (await run('run', '--model', topology, '--hardware', chip, '--precision', 'bf16', '--train', '--data-parallel', '4')).said[0],
    ).toContain('net.csv on mine, bf16');
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
  it('place gives loads', async () => {
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
  });
  it('refuses bad files and words, saying which', async () => {
    await expect(run('run', '--model', join(folder, 'none.csv'))).rejects.toThrow("none.csv: can't be read (ENOENT)");
    await expect(run('run', '--model', file('bad.csv', 'h\nx,1\n'))).rejects.toThrow(/bad\.csv:2: layer "x": IFMAP width is ""/);
    await expect(run('place', '--graph', file('bad.json', '{'))).rejects.toThrow('bad.json: ');
    await expect(run('pipeline', '--schedule', 'nonsense')).rejects.toThrow('Allowed choices are gpipe, 1f1b');
    await expect(run('pipeline', '--devices', 'x')).rejects.toThrow('"x" is not a number');
  });
});

import { describe, expect, it } from 'vitest';
import {
  readScaleSimConfig,
  readTopologyCsv,
  simulateArray,
  simulateLayer,
  stallFreeWork,
  type ArrayConfig,
  type Dataflow,
} from '../../src/index.ts';
import { excerptJson, excerptText, goldenFolder, goldenJson, goldenText } from '../golden.ts';
import { runConfig, type ReferenceRow } from './reference-runs.ts';

const scale: ArrayConfig = {
  rows: 32,
  columns: 32,
  dataflow: 'ws',
  inputKiB: 64,
  filterKiB: 64,
  outputKiB: 64,
  interface: 'finite',
  inputBandwidth: 10,
  filterBandwidth: 10,
  outputBandwidth: 10,
  compat: 'scalesim-v3',
};
const gemm = readTopologyCsv('Layer Name, M, N, K,\nTest 1, 256, 128, 256,');
const conv = readTopologyCsv('h\nConv1,224,224,11,11,3,96,4,1:4,');

describe('SCALE-Sim v3’s own report files, byte for byte', () => {
  const cases: [string, typeof gemm, ArrayConfig][] = [
    ['golden_calc', conv, { ...scale, interface: 'estimate' }],
    ...(['ws', 'os', 'is'] as const).map((dataflow): [string, typeof gemm, ArrayConfig] => [
      `golden_user_${dataflow}`,
      gemm,
      { ...scale, dataflow },
    ]),
    [
      'golden_sparsity',
      conv,
      {
        ...scale,
        rows: 128,
        columns: 128,
        inputKiB: 256,
        filterKiB: 256,
        outputKiB: 256,
        inputBandwidth: 50,
        filterBandwidth: 50,
        outputBandwidth: 50,
        sparsity: { representation: 'ellpack_block', rowWise: true, blockSize: 8, seed: 40 },
      },
    ],
  ];
  it.each(cases)('%s', (folder, graph, config) => {
    for (const [file, text] of Object.entries(simulateArray(graph, config).files))
      expect(text, file).toBe(excerptText(`scalesim/${folder}/${file}`));
  });
});

describe('look-up tables made with SCALE-Sim', () => {
  it('a row in forty', () => checkTable(excerptJson<{ rows: TableRow[] }>('scalesim/lut.json').rows, 28));
  it.skipIf(!goldenFolder)('all of the saved rows', () => {
    const rows = [8, 64, 128].flatMap((size) =>
      goldenText(`llmcompass/scalesim_lut_${size}_${size}.csv`)
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').map((f) => (/^[a-z]/.test(f) ? f : Number(f))) as TableRow),
    );
    checkTable(rows, 1038);
  });
});

type TableRow = [m: number, n: number, k: number, rows: number, columns: number, dataflow: Dataflow, cycles: number, percent: number];

function checkTable(rows: readonly TableRow[], count: number): void {
  expect(rows.length).toBe(count);
  for (const [m, n, k, arrayRows, columns, dataflow, cycles, percent] of rows) {
    const work = stallFreeWork({ rows: arrayRows, columns, dataflow }, { m, n, k }, { compat: 'scalesim-v3' });
    expect(work.cycles).toBe(cycles);
    expect(Math.abs(work.overallUtilisation * 100 - percent)).toBeLessThan(0.00051);
  }
}

describe('runs of SCALE-Sim v3: every figure of every report', () => {
  it('a few', () => checkRuns(excerptJson<{ runs: Record<string, ReferenceRow[]> }>('scalesim/v3-runs.json').runs));
  it.skipIf(!goldenFolder)('all saved', () => {
    expect(checkRuns(goldenJson('scalesim/v3_runs_small.json'))).toBeGreaterThan(100);
  });
});

const topologies = {
  conv: 'h\nC1, 12, 12, 3, 3, 4, 8, 1,\nC2, 14, 14, 5, 5, 3, 16, 2,\nC3, 7, 7, 1, 1, 32, 24, 1,\nC4, 11, 9, 3, 2, 6, 20, 2,\n',
  gemm: 'Layer Name, M, N, K,\nG1, 16, 16, 16,\nG2, 64, 32, 48,\nG3, 33, 17, 65,\nG4, 1, 100, 64,\nG5, 128, 8, 256,\n',
};

function checkRuns(runs: Record<string, ReferenceRow[]>): number {
  let rows = 0;
  for (const [name, references] of Object.entries(runs)) {
    const graph = readTopologyCsv(topologies[name.split('/')[0] as 'conv' | 'gemm']);
    for (const reference of references) {
      const config = runConfig(name);
      const { files, layers } = simulateArray({ ...graph, layers: graph.layers.filter((l) => l.name === reference.layer) }, config);
      expect(layers.length, `${name} ${reference.layer}`).toBe(1);
      for (const [file, expected] of [
        ['COMPUTE_REPORT.csv', reference.compute],
        ['DETAILED_ACCESS_REPORT.csv', reference.access],
        ['BANDWIDTH_REPORT.csv', reference.bandwidth],
      ] as const) {
        const [header, values] = files[file]!.trim()
          .split('\n')
          .map((line) => line.split(',').map((f) => f.trim())) as [string[], string[]];
        for (const [column, value] of Object.entries(expected))
          if (column !== 'LayerID') expect(Number(values[header.indexOf(column)]), `${name} ${reference.layer} ${column}`).toBe(value);
      }
      const work = stallFreeWork(config, toShape(graph, reference.layer), { compat: 'scalesim-v3' });
      expect(work.cycles).toBe(layers[0]!.cycles - layers[0]!.stallCycles);
      rows++;
    }
  }
  return rows;
}

function toShape(graph: typeof gemm, layer: string): { m: number; n: number; k: number } {
  const op = graph.layers.find((l) => l.name === layer)!.operation;
  if (op.type === 'gemm') return op;
  if (op.type !== 'conv') throw new Error(op.type);
  const along = (size: number, kernel: number): number => Math.ceil((size - kernel + op.strideHeight!) / op.strideHeight!);
  return {
    m: along(op.height, op.kernelHeight) * along(op.width, op.kernelWidth),
    n: op.filters,
    k: op.kernelHeight * op.kernelWidth * op.channels,
  };
}

describe.skipIf(!goldenFolder)('whole networks without stalls', () => {
  it('equal the saved sums on three arrays and three dataflows', () => {
    const saved = goldenJson<Record<string, { layers: [string, number, number, number, number][]; total_reported_cycles: number }>>(
      'scalesim/closed_form_networks.json',
    );
    const arrays: Record<string, [number, number]> = {
      scale32: [32, 32],
      eyeriss12x14: [12, 14],
      tpu256: [256, 256],
      google256: [256, 256],
    };
    let checked = 0;
    for (const [key, { layers, total_reported_cycles }] of Object.entries(saved)) {
      const [, arrayName, dataflow] = key.split('|') as [string, string, Dataflow];
      const [rows, columns] = arrays[arrayName] ?? [256, 256];
      const cycles = layers.map(([, m, n, k]) => stallFreeWork({ rows, columns, dataflow }, { m, n, k }, { compat: 'scalesim-v3' }).cycles);
      expect(cycles, key).toEqual(layers.map((l) => l[4]));
      expect(
        cycles.reduce((a, b) => a + b, 0),
        key,
      ).toBe(total_reported_cycles);
      checked++;
    }
    expect(checked).toBeGreaterThanOrEqual(45);
  });

  it('reads the shipped configuration files', () => {
    expect(readScaleSimConfig(goldenText('scalesim/configs/scale.cfg'))).toMatchObject({
      name: 'scale_example_run_32x32_ws',
      rows: 32,
      columns: 32,
      dataflow: 'ws',
      interface: 'estimate',
    });
    expect(readScaleSimConfig(goldenText('scalesim/configs/google.cfg'))).toMatchObject({
      rows: 256,
      inputKiB: 6144,
      outputKiB: 2048,
      interface: 'finite',
      inputBandwidth: 10,
    });
    expect(readScaleSimConfig(goldenText('scalesim/configs/sparsity.cfg'))).toMatchObject({
      sparsity: { representation: 'ellpack_block', rowWise: true, blockSize: 8, seed: 40 },
    });
    const example = readScaleSimConfig(goldenText('scalesim/configs/v3_runs_example_user_os_16x16_kb1_bw4.cfg'));
    const { compat: _, ...expected } = runConfig('gemm/user_os_16x16_kb1_bw4');
    expect(example).toEqual({ name: 'user_os_16x16_kb1_bw4', ...expected });
  });
});

describe('simulateLayer', () => {
  it('counts what v3 counts twice once by default, and names cycles, not the last cycle’s index', () => {
    const [v3, v2, plain] = (['scalesim-v3', 'scalesim-v2', 'none'] as const).map((compat) =>
      simulateLayer(gemm.layers[0]!, { ...scale, dataflow: 'os', compat }),
    );
    expect(v3!.stallCycles).toBeGreaterThan(v2!.stallCycles);
    expect(plain!.cycles).toBe(v2!.cycles + 1);
    expect(plain!.sram.output.words).toBe(256 * 128);
    expect(v2!.sram.output.words).toBe(34816);
  });

  it('refuses absurd sizes, unknown words and layers it can’t follow', () => {
    expect(() => simulateLayer({ name: 'big', operation: { type: 'gemm', m: 1e6, n: 1e6, k: 1e6 } }, scale)).toThrow(
      /layer "big" needs about/,
    );
    expect(() => simulateLayer(gemm.layers[0]!, { ...scale, dataflow: 'rs' as 'os' })).toThrow(
      'array.dataflow is "rs", expected one of os, ws, is',
    );
    expect(() => simulateLayer(gemm.layers[0]!, { ...scale, inputKiB: 0 })).toThrow('config.inputKiB is 0');
    expect(() => simulateLayer({ name: 's', operation: { type: 'softmax', rows: 1, columns: 1 } }, scale)).toThrow('layer "s" is softmax');
    expect(() => readScaleSimConfig('[architecture_presets]\nArrayHeight: x')).toThrow(
      'scale.cfg:2: architecture_presets.ArrayHeight is "x"',
    );
  });
});

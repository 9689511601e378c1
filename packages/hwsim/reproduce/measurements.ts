import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allReduceTime,
  clusterTime,
  crossValidate,
  fitModel,
  gemmTime,
  type ClusterRow,
  type FittedModel,
  type GemmRow,
  type Measured,
} from '../src/index.ts';

const folder = join(import.meta.dirname, '..', 'test', 'excerpts', 'measured');
const table = (name: string): number[][] =>
  readFileSync(join(folder, name), 'utf8')
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(parseFloat));

/** Twenty half-precision products on an A100, seconds. */
export function measuredGemms(): Measured<GemmRow>[] {
  return table('matmul_A100.csv').map(([m, n, k, ms]) => ({ row: { m: m!, n: n!, k: k!, bytes: 2 }, value: ms! / 1e3 }));
}

/** NCCL all-reduces on one machine, seconds. */
export function measuredAllReduces(chip: 'a100' | 'v100', devices: 2 | 4 | 8): Measured<{ bytes: number }>[] {
  return table(`allreduce_${chip}_${devices}gpu_pow2.csv`)
    .slice(1)
    .map((row) => ({ row: { bytes: row[0]! }, value: row[3]! / 1e9 }));
}

/** Training steps on 64 to 512 A100, seconds. */
export function measuredSteps(): Measured<ClusterRow>[] {
  return table('cluster.csv')
    .slice(1)
    .map((r) => ({
      row: {
        batch: r[2]!,
        microBatch: r[3]!,
        hidden: r[4]!,
        heads: r[5]!,
        layers: r[6]!,
        sequence: r[7]!,
        tensor: r[8]!,
        data: r[9]!,
        pipeline: r[10]!,
      },
      value: r[11]! / 1e3,
    }));
}

export interface Outcome {
  readonly what: string;
  readonly rows: number;
  readonly parameters: Readonly<Record<string, number>>;
  /** Mean relative error on the rows of the fit, and on rows held out of it (5 folds, seed 1). */
  readonly fitted: number;
  readonly heldOut: number;
}

function outcome<Row>(what: string, model: FittedModel<Row>, data: readonly Measured<Row>[]): Outcome {
  const { parameters, error } = fitModel(model, data);
  return {
    what,
    rows: data.length,
    parameters: Object.fromEntries(Object.keys(model.parameters).map((name, i) => [name, parameters[i]!])),
    fitted: error,
    heldOut: crossValidate(model, data).error,
  };
}

export function outcomes(): Outcome[] {
  return [
    outcome('A100 matrix products', gemmTime({ peak: 312e12, bandwidth: 2039e9 }), measuredGemms()),
    ...(['a100', 'v100'] as const).flatMap((chip) =>
      ([2, 4, 8] as const).map((n) => outcome(`NCCL all-reduce, ${n} ${chip}`, allReduceTime(n), measuredAllReduces(chip, n))),
    ),
    outcome('training steps on many machines', clusterTime({ peak: 312e12, perMachine: 8 }), measuredSteps()),
  ];
}

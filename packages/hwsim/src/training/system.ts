import { requireInteger, requireList, requireNumber, requireObject, requireOneOf } from '../validation.ts';

/** Falling steps: from `above` on, the share of the peak that is reached. The last must start at 0. */
export type EfficiencySteps = readonly (readonly [above: number, share: number])[];

/** Arithmetic of one number type: peak operations a second, and efficiency by the operations of a layer. */
export interface Engine {
  readonly peak: number;
  readonly efficiency: EfficiencySteps;
}

/** Bytes, bytes a second, and efficiency by the bytes of a layer. */
export interface Memory {
  readonly capacity: number;
  readonly bandwidth: number;
  readonly efficiency: EfficiencySteps;
}

export type CollectiveName = 'p2p' | 'reduceScatter' | 'allGather' | 'allReduce';

/** A network tier. A collective of S bytes among n takes latency + S · scalar · (1 + offset / n) / (bandwidth · efficiency). */
export interface NetworkTier {
  readonly size: number;
  /** Bytes a second. */
  readonly bandwidth: number;
  readonly efficiency: number;
  /** Seconds. */
  readonly latency: number;
  readonly collectives: Readonly<Record<CollectiveName, { readonly scalar: number; readonly offset: number }>>;
  readonly mustBeFilled: boolean;
}

/** A machine of processors as Calculon describes one (Isaev et al., "Calculon: A methodology and tool for high-level co-design of systems and large language models", SC 2023). */
export interface TrainingSystem {
  readonly matrix: Readonly<Record<string, Engine>>;
  readonly vector: Readonly<Record<string, Engine>>;
  readonly memory: Memory;
  /** `max`: arithmetic and memory overlap; `sum`: they don't. */
  readonly overlap: 'max' | 'sum';
  readonly networks: readonly NetworkTier[];
}

/** Refuses what is no system; `readCalculonSystem` looks at each figure. */
export function requireSystem(system: TrainingSystem): void {
  for (const field of ['matrix', 'vector', 'memory'] as const) requireObject(`system.${field}`, requireObject('system', system)[field]);
  requireList('system.networks', system.networks);
}

/** The share reached at `size`. */
export function efficiencyAt(steps: EfficiencySteps, size: number): number {
  requireNumber('size', size, -Infinity);
  for (const [above, share] of requireList('steps', steps)) if (size >= above) return share;
  throw new RangeError(`no efficiency is given for size ${size}; the last step must start at 0`);
}

/** Seconds of a collective on a tier. */
export function collectiveTime(network: NetworkTier, name: CollectiveName, bytes: number, members: number): number {
  const { collectives } = requireObject('network', network);
  requireOneOf('name', name, Object.keys(requireObject('network.collectives', collectives)) as CollectiveName[]);
  requireNumber('bytes', bytes);
  requireInteger('members', members);
  const { scalar, offset } = collectives[name];
  const scaled = bytes * scalar;
  return network.latency + (scaled + (1 / members) * scaled * offset) / (network.bandwidth * network.efficiency);
}

const collectiveKeys: Readonly<Record<CollectiveName, string>> = {
  p2p: 'p2p',
  reduceScatter: 'reduce_scatter',
  allGather: 'all_gather',
  allReduce: 'all_reduce',
};

/**
 * Reads Calculon's system JSON.
 *
 * @throws RangeError naming the field that is missing or out of range
 */
export function readCalculonSystem(json: unknown): TrainingSystem {
  const root = field(json, 'system');
  const steps = (value: unknown, name: string, unit: number): EfficiencySteps => {
    if (!Array.isArray(value) || value.length === 0)
      throw new RangeError(`${name} is ${JSON.stringify(value)}, expected a list of [size, share]`);
    const list = value.map((pair: unknown, i): readonly [number, number] => {
      const [above, share] = Array.isArray(pair) ? (pair as unknown[]) : [];
      requireNumber(`${name}[${i}][1]`, share, 0, true);
      return [requireNumber(`${name}[${i}][0]`, above) * unit, share as number];
    });
    if (list.at(-1)![0] !== 0) throw new RangeError(`${name} ends at ${list.at(-1)![0] / unit}, expected its last size to be 0`);
    return list;
  };
  const engines = (name: 'matrix' | 'vector'): Record<string, Engine> =>
    Object.fromEntries(
      Object.entries(field(root[name], name)).map(([type, value]) => {
        const engine = field(value, `${name}.${type}`);
        return [
          type,
          {
            peak: requireNumber(`${name}.${type}.tflops`, engine.tflops, 0, true) * 1e12,
            efficiency: steps(engine.gflops_efficiency, `${name}.${type}.gflops_efficiency`, 1e9),
          },
        ];
      }),
    );
  const mem1 = field(root.mem1, 'mem1');
  if (!Array.isArray(root.networks) || root.networks.length === 0)
    throw new RangeError('networks is missing or empty, expected a list of tiers');
  return {
    matrix: engines('matrix'),
    vector: engines('vector'),
    memory: {
      capacity: requireNumber('mem1.GiB', mem1.GiB) * 1024 ** 3,
      bandwidth: requireNumber('mem1.GBps', mem1.GBps, 0, true) * 1e9,
      efficiency: steps(mem1.MB_efficiency, 'mem1.MB_efficiency', 1e6),
    },
    overlap: requireOneOf('processing_mode', root.processing_mode, ['roofline', 'no_overlap']) === 'roofline' ? 'max' : 'sum',
    networks: root.networks.map((value: unknown, i): NetworkTier => {
      const tier = field(value, `networks[${i}]`);
      const ops = field(tier.ops, `networks[${i}].ops`);
      const collectives = Object.fromEntries(
        Object.entries(collectiveKeys).map(([name, key]) => {
          const [scalar, offset] = Array.isArray(ops[key]) ? (ops[key] as unknown[]) : [];
          return [
            name,
            {
              scalar: requireNumber(`networks[${i}].ops.${key}[0]`, scalar, 0, true),
              offset: offset === null ? 0 : requireNumber(`networks[${i}].ops.${key}[1]`, offset, -Infinity),
            },
          ];
        }),
      ) as NetworkTier['collectives'];
      return {
        size: requireInteger(`networks[${i}].size`, tier.size, 0),
        bandwidth: requireNumber(`networks[${i}].bandwidth`, tier.bandwidth, 0, true) * 1e9,
        efficiency: requireNumber(`networks[${i}].efficiency`, tier.efficiency, 0, true),
        latency: requireNumber(`networks[${i}].latency`, tier.latency),
        collectives,
        mustBeFilled: tier.must_be_filled === true,
      };
    }),
  };
}

function field(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${name} is ${JSON.stringify(value)}, expected an object`);
  return value as Record<string, unknown>;
}

import { technologyNodes } from '../energy/technology.ts';
import { requireInteger, requireNumber, requireObject, requireOneOf } from '../validation.ts';

/** Number formats, narrow to wide. */
export type Precision = 'int4' | 'int8' | 'fp8' | 'f16' | 'bf16' | 'f32';

export const precisions: readonly Precision[] = ['int4', 'int8', 'fp8', 'f16', 'bf16', 'f32'];

export const bitsOf: Readonly<Record<Precision, number>> = { int4: 4, int8: 8, fp8: 8, f16: 16, bf16: 16, f32: 32 };

/** A chip. Operations count a multiply and an add as two. */
export interface Hardware {
  readonly name: string;
  /** How many of them; one when left out. */
  readonly chips?: number;
  /** Where the figures come from. */
  readonly source: string;
  /** Matrix operations a second by number format. */
  readonly peak: Partial<Readonly<Record<Precision, number>>>;
  /** Elementwise operations a second. */
  readonly vector: number;
  /** Systolic arrays that do the matrix work; without it, the peak is reached. */
  readonly arrays?: {
    readonly count: number;
    readonly rows: number;
    readonly columns: number;
    readonly dataflow: 'os' | 'ws' | 'is';
    readonly clock: number;
  };
  readonly memory: {
    /** Bytes a second and bytes. */
    readonly bandwidth: number;
    readonly capacity: number;
    /** Joules a byte. */
    readonly energy: number;
    /** Smallest read, bytes; seconds of one random read; reads under way at once. */
    readonly granularity?: number;
    readonly latency?: number;
    readonly outstanding?: number;
  };
  /** Bytes on the chip. */
  readonly onChip: number;
  /** Links to other chips: bytes a second each way of all together, seconds a message. */
  readonly link?: { readonly bandwidth: number; readonly latency: number };
  /** Chips that `link` joins; beyond them each chip has this slower one. Left out: any number. */
  readonly node?: { readonly chips: number; readonly link: { readonly bandwidth: number; readonly latency: number } };
  /** Shares of peak, memory bandwidth and link bandwidth that programs really reach, 1 when left out: figures of data sheets are seldom reached. */
  readonly reached?: { readonly peak?: number; readonly memory?: number; readonly link?: number };
  /** Seconds before any operation starts. */
  readonly overhead?: number;
  /** Which zeros the matrix unit can skip. */
  readonly skips?: 'none' | '2:4' | 'all';
  /** Process node, nm, and supply, volts. */
  readonly process: { readonly nm: number; readonly volts: number };
  readonly watts: { readonly busy: number; readonly idle: number };
}

/**
 * Checks a description of a chip, as from a JSON file.
 *
 * @throws RangeError naming the field, its value and what was expected
 */
export function readHardware(json: unknown): Hardware {
  const object = (value: unknown, name: string): Record<string, unknown> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new RangeError(`${name} is ${JSON.stringify(value)}, expected an object`);
    return value as Record<string, unknown>;
  };
  const root = object(json, 'hardware');
  for (const field of ['name', 'source'] as const)
    if (typeof root[field] !== 'string' || root[field] === '')
      throw new RangeError(`hardware.${field} is ${JSON.stringify(root[field])}, expected a text`);
  const peak = object(root.peak, 'hardware.peak');
  if (Object.keys(peak).length === 0)
    throw new RangeError('hardware.peak is empty, expected operations a second of at least one number format');
  for (const [type, value] of Object.entries(peak)) {
    requireOneOf('a format of hardware.peak', type, precisions);
    requireNumber(`hardware.peak.${type}`, value, 0, true);
  }
  requireNumber('hardware.vector', root.vector, 0, true);
  if (root.arrays !== undefined) {
    const arrays = object(root.arrays, 'hardware.arrays');
    for (const field of ['count', 'rows', 'columns'] as const) requireInteger(`hardware.arrays.${field}`, arrays[field]);
    requireOneOf('hardware.arrays.dataflow', arrays.dataflow, ['os', 'ws', 'is']);
    requireNumber('hardware.arrays.clock', arrays.clock, 0, true);
  }
  const memory = object(root.memory, 'hardware.memory');
  for (const field of ['bandwidth', 'capacity', 'energy'] as const)
    requireNumber(`hardware.memory.${field}`, memory[field], 0, field !== 'energy');
  for (const field of ['granularity', 'outstanding'] as const)
    if (memory[field] !== undefined) requireInteger(`hardware.memory.${field}`, memory[field]);
  if (memory.latency !== undefined) requireNumber('hardware.memory.latency', memory.latency);
  requireNumber('hardware.onChip', root.onChip);
  if (root.chips !== undefined) requireInteger('hardware.chips', root.chips);
  const readLink = (value: unknown, name: string): void => {
    const link = object(value, name);
    requireNumber(`${name}.bandwidth`, link.bandwidth, 0, true);
    requireNumber(`${name}.latency`, link.latency);
  };
  if (root.link !== undefined) readLink(root.link, 'hardware.link');
  if (root.node !== undefined) {
    const node = object(root.node, 'hardware.node');
    requireInteger('hardware.node.chips', node.chips);
    readLink(node.link, 'hardware.node.link');
  }
  if (root.reached !== undefined)
    for (const [field, share] of Object.entries(object(root.reached, 'hardware.reached'))) {
      requireOneOf('a field of hardware.reached', field, ['peak', 'memory', 'link']);
      if (requireNumber(`hardware.reached.${field}`, share, 0, true) > 1)
        throw new RangeError(`hardware.reached.${field} is ${String(share)}, expected a share of at most 1`);
    }
  if (root.overhead !== undefined) requireNumber('hardware.overhead', root.overhead);
  if (root.skips !== undefined) requireOneOf('hardware.skips', root.skips, ['none', '2:4', 'all']);
  const process = object(root.process, 'hardware.process');
  if (!technologyNodes.includes(process.nm as number))
    throw new RangeError(`hardware.process.nm is ${JSON.stringify(process.nm)}, expected one of ${technologyNodes.join(', ')}`);
  requireNumber('hardware.process.volts', process.volts, 0, true);
  const watts = object(root.watts, 'hardware.watts');
  for (const field of ['busy', 'idle'] as const) requireNumber(`hardware.watts.${field}`, watts[field]);
  return root as unknown as Hardware;
}

/** The format a chip computes a precision in: its own or the next wider it has. */
export function computeFormat(hardware: Hardware, precision: Precision): { format: Precision; peak: number } {
  requireOneOf('precision', precision, precisions);
  requireObject('hardware.peak', requireObject('hardware', hardware).peak);
  for (const format of precisions.slice(precisions.indexOf(precision))) {
    const peak = hardware.peak[format];
    if (peak !== undefined && (format === precision || bitsOf[format] >= bitsOf[precision])) return { format, peak };
  }
  throw new RangeError(`${hardware.name} computes ${Object.keys(hardware.peak).join(', ')}; ${precision} fits in none of them`);
}

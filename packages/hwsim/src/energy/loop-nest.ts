import { requireInteger, requireList, requireNumber, requireObject } from '../validation.ts';

/** One loop of a mapping: `bound` steps along a problem dimension. */
export interface Loop {
  readonly dimension: string;
  readonly bound: number;
}

/**
 * A tensor's index expressions: each axis is a sum of problem dimensions, `['R', 'P']` for an input at r + p. `{ dimension, stride }` multiplies.
 */
export interface TensorProjection {
  readonly name: string;
  readonly axes: readonly (readonly (string | { readonly dimension: string; readonly stride: number })[])[];
  /** Written, and accumulated over the dimensions it doesn't have. */
  readonly output?: boolean;
}

/** A memory of the hierarchy with its share of the mapping. */
export interface MemoryLevel {
  readonly name: string;
  /** Loops over the tiles of the level below, innermost first. */
  readonly loops: readonly Loop[];
  /** How the next level out spreads over copies of this one: loops whose steps happen at once. */
  readonly spatial?: readonly Loop[];
  /** Tensors that are held here; all when left out. Others go past. */
  readonly keeps?: readonly string[];
  /** Words a vector access moves (memory width / word width). */
  readonly block?: number;
  /** Picojoules a vector access, and a cycle for `leak`, of one copy. */
  readonly energy: { readonly read: number; readonly write: number; readonly update?: number; readonly leak?: number };
}

export interface LoopNest {
  readonly tensors: readonly TensorProjection[];
  /** From the innermost memory to the outermost. */
  readonly levels: readonly MemoryLevel[];
  /** Picojoules a multiply-accumulate, and arithmetic units working side by side under one innermost memory. */
  readonly compute: { readonly energy: number; readonly spatial?: readonly Loop[] };
}

/** Words through one copy of a memory for one tensor. */
export interface TensorTraffic {
  /** Words held at a time. */
  readonly tile: number;
  readonly reads: number;
  /** Words written from further out. */
  readonly fills: number;
  /** Words written from further in. */
  readonly updates: number;
  /** Picojoules of all copies. */
  readonly energy: number;
}

export interface LevelTraffic {
  readonly name: string;
  readonly instances: number;
  readonly tensors: Readonly<Record<string, TensorTraffic>>;
  readonly leakEnergy: number;
  /** Picojoules of all copies, leak included. */
  readonly energy: number;
}

export interface NestReport {
  readonly computes: number;
  /** Steps of the temporal loops; memories never make the arithmetic wait. */
  readonly cycles: number;
  readonly levels: readonly LevelTraffic[];
  /** Picojoules. */
  readonly arithmeticEnergy: number;
  readonly movementEnergy: number;
  readonly energy: number;
}

interface PlacedLoop extends Loop {
  readonly level: number;
  readonly spatial: boolean;
  /** Distance of one step along the dimension. */
  readonly stride: number;
}

/**
 * Reads, fills, updates and energy of a loop nest over a hierarchy of memories, in closed form, by the rules of Timeloop
 * ("Timeloop: A Systematic Approach to DNN Accelerator Evaluation", 2019).
 *
 * A memory fetches what its tile gains whenever a loop outside it steps: nothing when the tile stays, only the new rows when it slides forward along
 * one axis (halo), all of it otherwise. What several copies share is read once (multicast), partial sums of several copies are added on the way (one
 * update). The first visit to an output needs no read. Vector accesses are ⌈words / block⌉ for each tensor.
 *
 * @param nest tensors, memories from the innermost out with their loops, arithmetic
 * @returns words per copy, picojoules in all
 * @throws RangeError naming the loop, tensor or energy at fault
 * @example analyseLoopNest({ tensors: [{ name: 'W', axes: [['R']] }, { name: 'I', axes: [['R', 'P']] }, { name: 'O', axes: [['P']], output: true }],
 *   levels: [{ name: 'Buffer', loops: [{ dimension: 'R', bound: 3 }, { dimension: 'P', bound: 16 }], energy: { read: 0.42564, write: 0.42564, leak: 0.000861 } }],
 *   compute: { energy: 0.845 } }).energy // 115.514 pJ
 */
export function analyseLoopNest(nest: LoopNest): NestReport {
  requireNest(nest);
  const loops = place(nest);
  const computes = loops.reduce((product, loop) => product * loop.bound, 1);
  const cycles = loops.reduce((product, loop) => product * (loop.spatial ? 1 : loop.bound), 1);
  if (!Number.isSafeInteger(computes)) throw new RangeError(`the nest has ${computes} steps, more than can be counted exactly`);
  const levels = nest.levels.map((level, l) => {
    const instances = loops.reduce((product, loop) => (loop.spatial && loop.level >= l ? product * loop.bound : product), 1);
    const tensors: Record<string, TensorTraffic> = {};
    for (const tensor of nest.tensors)
      if (keeps(level, tensor)) tensors[tensor.name] = trafficOf(nest, loops, tensor, l, instances, cycles);
    const leakEnergy = (level.energy.leak ?? 0) * cycles * instances;
    return {
      name: level.name,
      instances,
      tensors,
      leakEnergy,
      energy: leakEnergy + Object.values(tensors).reduce((sum, t) => sum + t.energy, 0),
    };
  });
  const arithmeticEnergy = computes * nest.compute.energy;
  const movementEnergy = levels.reduce((sum, level) => sum + level.energy, 0);
  return { computes, cycles, levels, arithmeticEnergy, movementEnergy, energy: arithmeticEnergy + movementEnergy };
}

function keeps(level: MemoryLevel, tensor: TensorProjection): boolean {
  return level.keeps === undefined || level.keeps.includes(tensor.name);
}

/** All loops from the innermost out: units side by side, then each level's own loops, then its copies. */
function place(nest: LoopNest): PlacedLoop[] {
  if (nest.levels.length === 0) throw new RangeError('nest.levels is empty, expected at least one memory');
  requireNumber('nest.compute.energy', nest.compute.energy);
  const strides = new Map<string, number>();
  const placed: PlacedLoop[] = [];
  const add = (list: readonly Loop[], level: number, spatial: boolean, where: string): void => {
    for (const { dimension, bound } of list) {
      requireInteger(`loop ${dimension} of ${where}`, bound);
      const stride = strides.get(dimension) ?? 1;
      strides.set(dimension, stride * bound);
      placed.push({ dimension, bound, level, spatial, stride });
    }
  };
  add(nest.compute.spatial ?? [], -1, true, 'the arithmetic');
  nest.levels.forEach((level, l) => {
    for (const [name, value] of Object.entries(level.energy)) requireNumber(`energy.${name} of ${level.name}`, value);
    requireInteger(`block of ${level.name}`, level.block ?? 1);
    for (const name of level.keeps ?? [])
      if (!nest.tensors.some((t) => t.name === name))
        throw new RangeError(`${level.name} keeps ${JSON.stringify(name)}, which isn't a tensor of the nest`);
    add(level.loops, l, false, level.name);
    add(level.spatial ?? [], l, true, `copies of ${level.name}`);
  });
  for (const tensor of nest.tensors)
    if (!keeps(nest.levels.at(-1)!, tensor))
      throw new RangeError(`nobody holds ${tensor.name}: the outermost memory ${nest.levels.at(-1)!.name} must keep it`);
  return placed;
}

/** Length of each axis of a tensor when the given loops run. */
function extents(tensor: TensorProjection, loops: readonly PlacedLoop[]): number[] {
  return tensor.axes.map((axis) => 1 + shift(axis, loops, (loop) => (loop.bound - 1) * loop.stride));
}

function shift(axis: TensorProjection['axes'][number], loops: readonly PlacedLoop[], step: (loop: PlacedLoop) => number): number {
  let total = 0;
  for (const term of axis) {
    const [dimension, stride] = typeof term === 'string' ? [term, 1] : [term.dimension, term.stride];
    for (const loop of loops) if (loop.dimension === dimension) total += stride * step(loop);
  }
  return total;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Words that arrive in a tile while the temporal loops outside it run (in order, innermost first). `halo` false: whole tiles. */
function arrivals(tensor: TensorProjection, tile: readonly number[], outside: readonly PlacedLoop[], halo: boolean): number {
  const size = product(tile);
  let words = size;
  for (let j = 0; j < outside.length; j++) {
    // Loop j steps once and those inside it go back to their start.
    const moved = tensor.axes.map(
      (axis) =>
        shift(axis, outside.slice(0, j), (loop) => -(loop.bound - 1) * loop.stride) + shift(axis, [outside[j]!], (loop) => loop.stride),
    );
    const times = (outside[j]!.bound - 1) * product(outside.slice(j + 1).map((loop) => loop.bound));
    const changed = moved.flatMap((by, axis) => (by === 0 ? [] : [axis]));
    if (changed.length === 0) continue;
    const [axis] = changed as [number];
    const by = moved[axis]!;
    const slides = halo && changed.length === 1 && by > 0 && by < tile[axis]!;
    words += times * (slides ? (size / tile[axis]!) * by : size);
  }
  return words;
}

function trafficOf(
  nest: LoopNest,
  loops: readonly PlacedLoop[],
  tensor: TensorProjection,
  l: number,
  instances: number,
  cycles: number,
): TensorTraffic {
  const level = nest.levels[l]!;
  const outsideOf = (inner: number): PlacedLoop[] => loops.filter((loop) => !loop.spatial && loop.level > inner);
  const insideOf = (inner: number): PlacedLoop[] => loops.filter((loop) => loop.level < inner || (loop.level === inner && !loop.spatial));
  const tile = extents(tensor, insideOf(l));
  // The next memory in that holds the tensor, or the arithmetic (-1), and all its copies under one copy of this.
  let child = l - 1;
  while (child >= 0 && !keeps(nest.levels[child]!, tensor)) child--;
  const copies = loops.filter((loop) => loop.spatial && loop.level >= child && loop.level < l);
  const union = child < 0 ? extents(tensor, copies) : extents(tensor, [...insideOf(child), ...copies]);
  const asked = child < 0 ? cycles * product(union) : arrivals(tensor, union, outsideOf(child), !tensor.output);
  const isOutermost = !nest.levels.slice(l + 1).some((outer) => keeps(outer, tensor));
  let counts: { reads: number; fills: number; updates: number };
  if (tensor.output) {
    const distinct = product(extents(tensor, [...insideOf(l), ...outsideOf(l)]));
    const visits = arrivals(tensor, tile, outsideOf(l), false);
    counts = { reads: asked - distinct, fills: isOutermost ? 0 : visits - distinct, updates: asked };
  } else counts = { reads: asked, fills: isOutermost ? 0 : arrivals(tensor, tile, outsideOf(l), true), updates: 0 };
  const { block = 1, energy } = level;
  const vectors = (words: number): number => Math.ceil(words / block);
  const perCopy =
    vectors(counts.reads) * energy.read + vectors(counts.fills) * energy.write + vectors(counts.updates) * (energy.update ?? energy.write);
  return { tile: product(tile), ...counts, energy: perCopy * instances };
}

function requireNest(nest: LoopNest): void {
  requireList('nest.tensors', requireObject('nest', nest).tensors).forEach(({ axes }, i) => requireList(`nest.tensors[${i}].axes`, axes));
  requireList('nest.levels', nest.levels).forEach(({ loops, energy }, i) => {
    requireList(`nest.levels[${i}].loops`, loops);
    requireObject(`nest.levels[${i}].energy`, energy);
  });
  requireObject('nest.compute', nest.compute);
}

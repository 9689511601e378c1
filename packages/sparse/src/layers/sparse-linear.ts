import { clone, dispose, keep, tensor1d, tidy, variable, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { random, type ActivationName, type ApplyContext, type Key, type Layer } from '@x/tensor';
import { csrLinear, CsrPattern, rewire, type SeeGradient } from '@x/tensor/sparse';
import { checkOptions } from '@x/tensor/arguments';
import { nonZerosOf } from '../distribution/non-zeros.ts';
import { nmPattern } from '../pattern/nm-pattern.ts';
import { randomPattern } from '../pattern/random-pattern.ts';
import { restrictRows } from '../pattern/restrict-rows.ts';
import { checkActivation, checkFraction, checkNumber, show } from '../validation.ts';
import { blockLinear, type BlockLinearLayer } from './block-linear.ts';
import { dividePattern, type DividedPattern, type Division } from './division.ts';
import { inDegreeNormal, type ValuesInitializer } from './initializers.ts';

export interface SparseLinearOptions {
  /** Draws the places of the non-zeros and their values. */
  readonly key: Key;
  /** Part of the weights that exist. Give it, `pattern` or `nm`. */
  readonly density?: number;
  /** [n, m]: n weights exist among each m neighbouring inputs of a unit, such as [2, 4], at random places. */
  readonly nm?: readonly [n: number, m: number];
  /** Greatest density that a topology which moves links between layers may give it. Default: that it begins with. */
  readonly room?: number;
  /** Where the non-zeros are, [units, inputs]; the layer owns it then. Default: at random places. */
  readonly pattern?: CsrPattern;
  /** Default `linear`: none. */
  readonly activation?: ActivationName;
  /** Of `leakyRelu` below 0. Default 0.01. */
  readonly slope?: number;
  /** Whether a bias, which is dense, is added. Default true. */
  readonly bias?: boolean;
  /** First values of the non-zeros. Default {@link inDegreeNormal}. */
  readonly init?: ValuesInitializer;
}

/** For a layer whose weights exist in blocks. */
export interface BlockSparseOptions extends SparseLinearOptions {
  /** Rows (units) and columns (inputs) of a block: [4, 4] and [16, 16] are fastest, [4, 1] and [1, 4] next. */
  readonly block: readonly [height: number, width: number];
  readonly density: number;
}

/** What a layer saw in a training step, whose product dzᵀ·x is the gradient of all weights, absent ones too. */
export interface SeenGradient {
  /** The optimizer's step, counted from 0. */
  readonly step: number;
  /** Its input, float32[batch, inputs]. */
  readonly x: Tensor;
  /** The gradient of what it is before its activation, float32[batch, units]. */
  readonly dz: Tensor;
}

/** A {@link sparseLinear} layer. */
export interface SparseLinearLayer extends Layer {
  readonly kind: 'sparseLinear';
  readonly inputs: number;
  readonly units: number;
  readonly activation: ActivationName;
  /** Of `leakyRelu` below 0. */
  readonly slope: number;
  /** `values` has room for as many non-zeros as the layer began with; those in use come first, the rest are 0. */
  readonly variables: { readonly values: Variable; readonly bias?: Variable };
  /** Where the non-zeros are now, [units, inputs]. */
  readonly pattern: CsrPattern;
  /** Takes another topology; values and slots are to be moved with it, which {@link applyRewiring} does. The old pattern is disposed, and a division with it. */
  replacePattern(next: CsrPattern): void;
  /** Which non-zeros take part and which are trained; undefined, as at first, if all do both. */
  readonly division: Division | undefined;
  /** Divides the non-zeros as they are now, or lets all do both again. */
  divide(division: Division | undefined): void;
  /** A new layer of the links from these inputs to these units alone, numbered anew, with room for no more; of a divided layer, of those that take part. */
  restricted(inputs: Int32Array, units: Int32Array): SparseLinearLayer;
  /** What it gathered for a topology that looks at gradients, the oldest first: 4 · batch · (inputs + units) bytes a step. The layer disposes it. */
  readonly gathered: readonly SeenGradient[];
  /**
   * Gathers what it sees in training from now on, until told otherwise.
   *
   * @param step Asked in each training pass: which step it is, or undefined if it is none to be seen; what is there is forgotten then.
   */
  gather(step: (() => number | undefined) | undefined): void;
  /** Puts others in the place of what it gathered, which the layer owns then; those that aren't among them it disposes. */
  replaceGathered(next: readonly SeenGradient[]): void;
}

/**
 * A linear layer that stores only its non-zeros: y = activation(x·Wᵀ + bias), W [units, inputs] sparse.
 *
 * Forward and backward cost what its non-zeros do, an optimizer's memory of it too, and rewiring it likewise.
 *
 * With `block` the weights exist in dense blocks, whose rows share what they read, so that a product takes less time; such
 * a layer keeps its blocks.
 *
 * @returns A layer with the variables `values`, [non-zeros], and, unless `bias` is false, `bias`, [units].
 * @throws {RangeError | TypeError} if a size or an option is invalid; nothing is allocated then.
 * @example
 * const layer = sparseLinear(784, 1000, { density: 0.05, activation: 'relu', key: random.key(0) });
 * layer.pattern.nonZeros; // => 39200
 */
export function sparseLinear(inputs: number, units: number, options: BlockSparseOptions): BlockLinearLayer;
export function sparseLinear(inputs: number, units: number, options: SparseLinearOptions): SparseLinearLayer;
export function sparseLinear(
  inputs: number,
  units: number,
  options: SparseLinearOptions & { readonly block?: readonly [height: number, width: number] },
): SparseLinearLayer | BlockLinearLayer {
  const where = 'sparseLinear';
  checkNumber(where, 'inputs', inputs, { least: 1, whole: true });
  checkNumber(where, 'units', units, { least: 1, whole: true });
  const {
    key,
    density,
    room,
    pattern: given,
    nm,
    block,
    activation = 'linear',
    slope = 0.01,
    bias = true,
    init = inDegreeNormal(),
  } = checkOptions('sparseLinear', options ?? {});
  const ways = [density, given, nm].filter((way) => way !== undefined).length;
  if (ways !== 1)
    throw new TypeError(
      `${where}: density is ${show(density)}, pattern is ${given ? 'given' : 'not'} and nm is ${show(nm)}; give one of them, such as { density: 0.05 }.`,
    );
  if (density !== undefined) checkFraction(where, 'density', density);
  checkActivation(where, activation);
  checkNumber(where, 'slope', slope);
  if (room !== undefined) {
    checkFraction(where, 'room', room);
    checkNumber(where, 'room', room, { least: density ?? 0, remedy: 'The layer must have room for what it begins with.' });
  }
  if (given && (given.rows !== units || given.columns !== inputs))
    throw new RangeError(`${where}: pattern is [${given.rows}, ${given.columns}], but must be [units, inputs], [${units}, ${inputs}].`);
  if (key === undefined) throw new TypeError(`${where}: key is undefined, but must be a key; make one with random.key(seed).`);
  if (block !== undefined) {
    if (density === undefined) throw new TypeError(`${where}: block is ${show(block)} without a density; blocks are placed by density.`);
    return blockLinear(where, inputs, units, { key, density, block, activation, slope, bias, init });
  }
  const [forPlaces, forValues] = random.split(key, 2);
  const pattern =
    given ??
    (nm ? nmPattern(units, inputs, nm, forPlaces) : randomPattern(units, inputs, nonZerosOf(density as number, units * inputs), forPlaces));
  let drawn: Float32Array;
  try {
    drawn = init(pattern, forValues);
    if (drawn.length !== pattern.nonZeros)
      throw new RangeError(`${where}: init made ${drawn.length} values for ${pattern.nonZeros} non-zeros; it must make one for each.`);
  } catch (error) {
    // A pattern that was given stays the caller's then.
    if (!given) pattern.dispose();
    throw error;
  }
  const first = new Float32Array(room === undefined ? drawn.length : Math.max(drawn.length, nonZerosOf(room, units * inputs)));
  first.set(drawn);
  const variables = tidy(() => ({ values: variable(tensor1d(first, 'float32')), ...(bias ? { bias: variable(zeros([units])) } : {}) }));
  return layerOf(pattern, variables, activation, slope);
}

/** The layer of a pattern, which it owns, and its variables. */
function layerOf(
  initial: CsrPattern,
  variables: SparseLinearLayer['variables'],
  activation: ActivationName,
  slope: number,
): SparseLinearLayer {
  const { rows: units, columns: inputs } = initial;
  let pattern = initial;
  let gathered: SeenGradient[] = [];
  let stepToSee: (() => number | undefined) | undefined;
  let divided: DividedPattern | undefined;

  const divide = (division: Division | undefined): void => {
    const next = division && dividePattern(pattern, variables.values.size, division);
    divided?.dispose();
    divided = next;
  };
  const replaceGathered = (next: readonly SeenGradient[]): void => {
    for (const seen of gathered) if (!next.includes(seen)) dispose([seen.x, seen.dz]);
    gathered = [...next];
  };
  const gatherer = (): SeeGradient | undefined => {
    const step = stepToSee?.();
    if (step !== undefined) return (dz, x) => void gathered.push({ step, x: keep(clone(x)), dz: keep(clone(dz)) });
    // What a training that was broken off left.
    if (stepToSee) replaceGathered([]);
    return undefined;
  };

  return {
    kind: 'sparseLinear',
    inputs,
    units,
    activation,
    slope,
    variables,
    get pattern() {
      return pattern;
    },
    get division() {
      return divided?.division;
    },
    divide,
    apply: (x: Tensor, context?: ApplyContext) => {
      const penalty = context?.addLoss && divided?.penalty(variables.values);
      if (penalty) context.addLoss!(penalty);
      const see = context?.training ? gatherer() : undefined;
      const { values, bias } = variables;
      if (divided) return divided.linear(x, values, bias, { activation, slope, see });
      return csrLinear(x, values, pattern, bias, { activation, slope, see });
    },
    outputShape: (shape) => {
      if (shape.length === 0 || (shape.at(-1) !== null && shape.at(-1) !== inputs))
        throw new RangeError(`sparseLinear: the shape ${show([...shape])} must end in ${inputs}.`);
      return [...shape.slice(0, -1), units];
    },
    replacePattern: (next) => {
      divide(undefined);
      pattern.dispose();
      pattern = next;
    },
    restricted: (keptInputs, keptUnits) => {
      const used = divided ? rewire(pattern, { keep: divided.division.forward, grown: new Float64Array(0) }) : undefined;
      const { rows, from: places } = restrictRows(used?.pattern ?? pattern, keptUnits, keptInputs);
      const among = used?.from.dataSync();
      const from = among ? places.map((place) => among[place]!) : places;
      used?.pattern.dispose();
      used?.from.dispose();
      const next = new CsrPattern(rows.rows, rows.columns, rows.pointers, rows.indices);
      const pick = (of: Variable, places: Int32Array): Variable => {
        const all = of.dataSync();
        return tidy(() =>
          variable(
            tensor1d(
              Float32Array.from(places, (place) => all[place]!),
              'float32',
            ),
          ),
        );
      };
      const { values, bias } = variables;
      return layerOf(next, { values: pick(values, from), ...(bias ? { bias: pick(bias, keptUnits) } : {}) }, activation, slope);
    },
    get gathered() {
      return gathered;
    },
    gather: (step) => {
      stepToSee = step;
    },
    replaceGathered,
    dispose: () => {
      divide(undefined);
      replaceGathered([]);
      pattern.dispose();
      for (const own of Object.values(variables)) if (!own.isDisposed) own.dispose();
    },
  };
}

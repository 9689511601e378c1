import { tensor1d, tidy, variable, zeros, type Variable } from '@tensorflow/tfjs-core';
import { random, type ActivationName, type Key, type Layer } from '@x/tensor';
import { bsrLinear, bsrPattern, type BsrPattern } from '@x/tensor/sparse';
import { nonZerosOf } from '../distribution/non-zeros.ts';
import { expandBlocks } from '../pattern/expand-blocks.ts';
import { randomPattern } from '../pattern/random-pattern.ts';
import { checkNumber, show } from '../validation.ts';
import type { ValuesInitializer } from './initializers.ts';

/** A {@link sparseLinear} layer of blocks. Where they are doesn't change; topologies leave it alone. */
export interface BlockLinearLayer extends Layer {
  readonly kind: 'blockLinear';
  readonly inputs: number;
  readonly units: number;
  /** `values`: block by block, each row by row. */
  readonly variables: { readonly values: Variable; readonly bias?: Variable };
  /** Which blocks there are, [units, inputs]. */
  readonly pattern: BsrPattern;
}

interface BlockOptions {
  readonly key: Key;
  readonly density: number;
  readonly block: readonly [height: number, width: number];
  readonly activation: ActivationName;
  readonly slope: number;
  readonly bias: boolean;
  readonly init: ValuesInitializer;
}

/** The layer with so many blocks at random places; see sparseLinear, which has checked all but the block. */
export function blockLinear(
  where: string,
  inputs: number,
  units: number,
  { key, density, block, activation, slope, bias, init }: BlockOptions,
): BlockLinearLayer {
  if (!Array.isArray(block) || block.length !== 2)
    throw new TypeError(`${where}: block is ${show(block)}, but must be [height, width], such as [4, 4].`);
  const [height, width] = block as readonly [number, number];
  checkNumber(where, 'block[0]', height, { least: 1, whole: true });
  checkNumber(where, 'block[1]', width, { least: 1, whole: true });
  if (units % height !== 0 || inputs % width !== 0)
    throw new RangeError(
      `${where}: weights of [${units}, ${inputs}] can't be cut into blocks of ${height} x ${width}; units must be a multiple of ${height} and inputs of ${width}.`,
    );
  const [forPlaces, forValues] = random.split(key, 2);
  const [blockRows, blockColumns] = [units / height, inputs / width];
  const drawn = randomPattern(blockRows, blockColumns, nonZerosOf(density, blockRows * blockColumns), forPlaces);
  const pattern = bsrPattern(units, inputs, [height, width], drawn.pointers, drawn.indices);
  drawn.dispose();
  const elements = expandBlocks(pattern);
  const byRows = init(elements.pattern, forValues);
  elements.pattern.dispose();
  const first = new Float32Array(pattern.nonZeros);
  elements.from.forEach((place, q) => {
    first[place] = byRows[q]!;
  });
  const variables = tidy(() => ({ values: variable(tensor1d(first, 'float32')), ...(bias ? { bias: variable(zeros([units])) } : {}) }));
  return {
    kind: 'blockLinear',
    inputs,
    units,
    variables,
    pattern,
    apply: (x) => bsrLinear(x, variables.values, pattern, variables.bias, { activation, slope }),
    outputShape: (shape) => {
      if (shape.length === 0 || (shape.at(-1) !== null && shape.at(-1) !== inputs))
        throw new RangeError(`sparseLinear: the shape ${show([...shape])} must end in ${inputs}.`);
      return [...shape.slice(0, -1), units];
    },
    dispose: () => {
      pattern.dispose();
      for (const own of Object.values(variables)) if (!own.isDisposed) own.dispose();
    },
  };
}

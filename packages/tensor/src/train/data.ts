import { Tensor } from '@tensorflow/tfjs-core';
import { checkFunction, checkShape, checkTensor, describe } from '../ops/arguments.ts';
import { gatherRows, type NumericArray } from './gather-rows.ts';

/** Some examples: along the first axis of x and of y. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

/**
 * Examples in memory.
 *
 * In an array examples follow one another. Of x, bytes and floats become float32, 32-bit integers int32; of y, floats
 * become float32, integers (classes) int32.
 */
export interface Examples {
  readonly x: Tensor | NumericArray;
  readonly y: Tensor | NumericArray;
  /** Shape of one example in an array x. Default: one axis, of as many values as there are for each example. */
  readonly shape?: readonly number[];
  /** Made of each batch of x before the network sees it, such as `(x) => tf.div(x, 255)` for bytes. */
  readonly transform?: (x: Tensor) => Tensor;
}

/**
 * What networks are trained and evaluated on: examples in memory, or anything that yields batches and starts anew each
 * time it is iterated. Who yields a batch disposes it, when asked for the next one.
 */
export type Data = Examples | AsyncIterable<Batch> | Iterable<Batch>;

/** A batch in use, and how to be done with it. */
export interface HeldBatch extends Batch {
  release(): void;
}

/** Data in the one form that training uses. */
export interface DataSource {
  /** How many examples there are, if known beforehand. */
  readonly count: number | undefined;
  /** The batches of one pass; `order` lists the numbers of the examples to take, where their count is known. */
  batches(size: number, order?: Int32Array): AsyncIterable<HeldBatch> | Iterable<HeldBatch>;
}

/** @throws {TypeError | RangeError} if the data are neither examples in memory nor iterable, or x and y don't match. */
export function dataSource(where: string, name: string, data: Data): DataSource {
  if (typeof data !== 'object' || data === null)
    throw new TypeError(`${where}: ${name} is ${describe(data)}, but must be { x, y } or yield such batches.`);
  if ('x' in data) return examplesSource(where, name, data);
  if (Symbol.asyncIterator in data || Symbol.iterator in data) return { count: undefined, batches: () => held(where, name, data) };
  throw new TypeError(`${where}: ${name} is ${describe(data)}, but must be { x, y } or yield such batches.`);
}

async function* held(where: string, name: string, data: AsyncIterable<Batch> | Iterable<Batch>): AsyncGenerator<HeldBatch> {
  for await (const batch of data) {
    checkBatch(where, name, batch);
    yield { x: batch.x, y: batch.y, release: () => {} };
  }
}

/** @throws {TypeError | RangeError} unless x and y are tensors with as many examples. */
export function checkBatch(where: string, name: string, batch: Batch): void {
  if (typeof batch !== 'object' || batch === null)
    throw new TypeError(`${where}: a batch of ${name} is ${describe(batch)}, but must be { x, y }.`);
  checkTensor(where, `${name}.x`, batch.x, { leastRank: 1 });
  checkTensor(where, `${name}.y`, batch.y, { leastRank: 1 });
  if (batch.x.shape[0] !== batch.y.shape[0])
    throw new RangeError(
      `${where}: ${name}.x has ${batch.x.shape[0]} examples and ${name}.y ${batch.y.shape[0]}, but they must have as many.`,
    );
}

function examplesSource(where: string, name: string, { x, y, shape, transform }: Examples): DataSource {
  if (transform !== undefined) checkFunction(where, `${name}.transform`, transform);
  if (shape !== undefined) checkShape(where, `${name}.shape`, shape);
  const count = countExamples(where, name, x, y, shape);
  const shapeX = x instanceof Tensor ? [] : (shape ?? [x.length / Math.max(count, 1)]);
  const shapeY = y instanceof Tensor || y.length === count ? [] : [y.length / count];
  return {
    count,
    *batches(size, order) {
      const taken = order?.length ?? count;
      for (let begin = 0; begin < taken; begin += size) {
        const end = Math.min(begin + size, taken);
        const rows = order ? order.subarray(begin, end) : Int32Array.from({ length: end - begin }, (_, index) => begin + index);
        const raw = gatherRows(x, rows, shapeX, 'measurement');
        const input = transform ? applyTransform(where, name, raw, transform) : raw;
        const labels = gatherRows(y, rows, shapeY, 'label');
        yield {
          x: input,
          y: labels,
          release: () => {
            input.dispose();
            labels.dispose();
          },
        };
      }
    },
  };
}

function applyTransform(where: string, name: string, raw: Tensor, transform: (x: Tensor) => Tensor): Tensor {
  try {
    const result = transform(raw);
    checkTensor(where, `the result of ${name}.transform`, result, { leastRank: 1 });
    if (result !== raw) raw.dispose();
    return result;
  } catch (error) {
    raw.dispose();
    throw error;
  }
}

function countExamples(where: string, name: string, x: unknown, y: unknown, shape: readonly number[] | undefined): number {
  const lengths = [countOf(where, `${name}.x`, x, shape), countOf(where, `${name}.y`, y, undefined)];
  const [ofX, ofY] = lengths as [number | undefined, number];
  const count = y instanceof Tensor || ofX === undefined ? ofY : ofX;
  if (count === 0) throw new RangeError(`${where}: ${name} holds no example.`);
  const wrongX = ofX === undefined ? (x as NumericArray).length % count !== 0 : ofX !== count;
  const wrongY = y instanceof Tensor ? ofY !== count : ofY % count !== 0;
  if (wrongX || wrongY)
    throw new RangeError(
      `${where}: ${name}.x is ${describe(x)}${shape ? ` of examples [${shape.join(', ')}]` : ''} and ${name}.y is ${describe(y)}, which is not as many examples of each.`,
    );
  return count;
}

function countOf(where: string, name: string, values: unknown, shape: readonly number[] | undefined): number | undefined {
  if (values instanceof Tensor) {
    checkTensor(where, name, values, { leastRank: 1 });
    return values.shape[0] as number;
  }
  if (!ArrayBuffer.isView(values) || values instanceof DataView)
    throw new TypeError(`${where}: ${name} is ${describe(values)}, but must be a tensor or a typed array.`);
  const { length } = values as NumericArray;
  if (name.endsWith('.y')) return length;
  return shape
    ? length /
        Math.max(
          shape.reduce((product, size) => product * size, 1),
          1,
        )
    : undefined;
}

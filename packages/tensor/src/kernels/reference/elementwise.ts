export interface ReferenceOperand {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** f of the operands' values for each element of the output, every index computed by itself; results in double precision. */
export function referenceElementwise(
  f: (...values: number[]) => number,
  shape: readonly number[],
  operands: readonly ReferenceOperand[],
): Float64Array {
  const result = new Float64Array(shape.reduce((product, size) => product * size, 1));
  for (let index = 0; index < result.length; index++) {
    result[index] = f(...operands.map((operand) => operand.values[broadcastIndex(index, shape, operand.shape)] as number));
  }
  return result;
}

/** Where the value of a broadcast operand is that belongs to an element of the output. */
export function broadcastIndex(index: number, shape: readonly number[], own: readonly number[]): number {
  let at = 0;
  let step = 1;
  for (let axis = 1; axis <= own.length; axis++) {
    const size = shape[shape.length - axis] as number;
    const ownSize = own[own.length - axis] as number;
    if (ownSize !== 1) at += (index % size) * step;
    step *= ownSize;
    index = Math.floor(index / size);
  }
  return at;
}

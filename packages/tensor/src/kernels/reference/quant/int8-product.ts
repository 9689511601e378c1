/** Sums of products of integers: what every tier of the int8 product gives, exactly. */
export interface Int8Product {
  /** x [rows, inputs]: numbers from -128 to 255. */
  readonly x: ArrayLike<number>;
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  /** w, row-major [inputs, units]. */
  readonly w: ArrayLike<number>;
  /** What stands for 0 in x, for each row, and in w, for each unit. */
  readonly xZero: (row: number) => number;
  readonly wZero: (unit: number) => number;
}

/** C[row, unit] = sum over the inputs of (x - xZero)·(w - wZero), int32. */
export function referenceInt8Product({ x, rows, inputs, units, w, xZero, wZero }: Int8Product): Int32Array<ArrayBuffer> {
  const sums = new Int32Array(rows * units);
  for (let row = 0; row < rows; row++) {
    for (let input = 0; input < inputs; input++) {
      const value = (x[row * inputs + input] as number) - xZero(row);
      if (value === 0) continue;
      for (let unit = 0; unit < units; unit++) sums[row * units + unit]! += value * ((w[input * units + unit] as number) - wZero(unit));
    }
  }
  return sums;
}

/**
 * How a quantized matrix [inputs, units] lies in memory, alike in every tier: panels of 16 units; in a panel the inputs by fours
 * (quads), and of each quad four bytes a unit, 64 bytes in all. Of at most 4 bits, a byte holds an input of an even quad below
 * and that of the next quad above, each plus 8. What fills up panels and quads is 0.
 *
 * Scales, zero points and sums of groups of inputs: by panels, groups, and 16 units.
 */
export const PANEL = 16;

export interface MatrixShape {
  readonly inputs: number;
  readonly units: number;
  /** Whether two inputs share a byte. */
  readonly nibbles: boolean;
}

export function panelCount(units: number): number {
  return Math.ceil(units / PANEL);
}

/** Quads of a panel; an even number of them if they share bytes. */
export function quadCount({ inputs, nibbles }: MatrixShape): number {
  const quads = Math.ceil(inputs / 4);
  return nibbles ? quads + (quads & 1) : quads;
}

export function packedBytes(shape: MatrixShape): number {
  return (panelCount(shape.units) * quadCount(shape) * 64) >> (shape.nibbles ? 1 : 0);
}

/** Lays out integers given row-major, [inputs, units], or [units, inputs] if transposed. */
export function packMatrix(values: ArrayLike<number>, shape: MatrixShape, transposed: boolean): Uint8Array<ArrayBuffer> {
  const { inputs, units, nibbles } = shape;
  const packed = new Uint8Array(packedBytes(shape));
  if (nibbles) packed.fill(0x88);
  const stepInput = transposed ? 1 : units;
  const stepUnit = transposed ? inputs : 1;
  eachByte(shape, (input, unit, at, high) => {
    const value = values[input * stepInput + unit * stepUnit] as number;
    if (!nibbles) packed[at] = value;
    else if (high) packed[at] = ((packed[at] as number) & 0x0f) | ((value + 8) << 4);
    else packed[at] = ((packed[at] as number) & 0xf0) | (value + 8);
  });
  return packed;
}

/** The integers of a packed matrix, row-major [inputs, units]. */
export function unpackMatrix(packed: Uint8Array, shape: MatrixShape): Int8Array<ArrayBuffer> {
  const { inputs, units, nibbles } = shape;
  const values = new Int8Array(inputs * units);
  eachByte(shape, (input, unit, at, high) => {
    const byte = packed[at] as number;
    values[input * units + unit] = nibbles ? (high ? byte >> 4 : byte & 15) - 8 : byte;
  });
  return values;
}

/** Visits each element with the place of its byte. */
function eachByte(shape: MatrixShape, visit: (input: number, unit: number, at: number, high: boolean) => void): void {
  const { inputs, units, nibbles } = shape;
  const panelBytes = (quadCount(shape) * 64) >> (nibbles ? 1 : 0);
  for (let unit = 0; unit < units; unit++) {
    const column = Math.floor(unit / PANEL) * panelBytes + (unit % PANEL) * 4;
    for (let input = 0; input < inputs; input++) {
      const quad = input >> 2;
      visit(input, unit, column + (nibbles ? quad >> 1 : quad) * 64 + (input & 3), (quad & 1) === 1);
    }
  }
}

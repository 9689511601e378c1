import { checkObject } from '../validation.ts';
import { CsrPattern, type BsrPattern } from '@x/tensor/sparse';

/**
 * A pattern of blocks as one of single elements.
 *
 * @returns The pattern, which the caller disposes, and for each of its non-zeros, row by row, the place of its value in the blocks'.
 */
export function expandBlocks(pattern: BsrPattern): {
  readonly pattern: CsrPattern;
  readonly from: Int32Array;
} {
  checkObject('expandBlocks', 'pattern', pattern, ['block', 'grid']);
  const {
    rows,
    columns,
    block: [height, width],
    grid,
  } = pattern;
  const pointers = new Int32Array(rows + 1);
  const indices = new Int32Array(grid.nonZeros * height * width);
  const from = new Int32Array(indices.length);
  let q = 0;
  for (let row = 0; row < rows; row++) {
    const blockRow = Math.floor(row / height);
    for (let b = grid.pointers[blockRow]!; b < grid.pointers[blockRow + 1]!; b++) {
      for (let j = 0; j < width; j++) {
        indices[q] = grid.indices[b]! * width + j;
        from[q++] = (b * height + (row % height)) * width + j;
      }
    }
    pointers[row + 1] = q;
  }
  return { pattern: new CsrPattern(rows, columns, pointers, indices), from };
}

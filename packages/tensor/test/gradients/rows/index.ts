import type { Row } from '../row.ts';
import { rowsBeyondTfjs } from './beyond-tfjs.ts';
import { complexRows } from './complex.ts';
import { convolutionRows } from './convolution.ts';
import { binaryRows, unaryRows } from './elementwise.ts';
import { gatherRows } from './gather.ts';
import { matmulRows } from './matmul.ts';
import { poolingRows } from './pooling.ts';
import { reduceRows } from './reduce.ts';
import { secondOrderRows } from './second-order.ts';
import { shapeRows } from './shape.ts';

/** Every row of the contract. */
export const rows: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  ...reduceRows,
  ...shapeRows,
  ...gatherRows,
  ...matmulRows,
  ...convolutionRows,
  ...poolingRows,
  ...complexRows,
  ...rowsBeyondTfjs,
  ...secondOrderRows,
];

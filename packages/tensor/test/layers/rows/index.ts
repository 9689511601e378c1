import { attentionRows } from './attention.ts';
import { containersRows } from './containers.ts';
import { convolutionRows } from './convolution.ts';
import { denseRows } from './dense.ts';
import { embeddingRows } from './embedding.ts';
import { normalizationRows } from './normalization.ts';
import { poolingRows } from './pooling.ts';
import { recurrentRows } from './recurrent.ts';
import type { Row } from '../row.ts';

export const rows: readonly Row[] = [
  ...denseRows,
  ...containersRows,
  ...convolutionRows,
  ...poolingRows,
  ...normalizationRows,
  ...embeddingRows,
  ...attentionRows,
  ...recurrentRows,
];

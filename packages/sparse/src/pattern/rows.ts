import type { CsrPattern } from '@x/tensor/sparse';

/** A matrix's non-zeros in compressed rows, without the tensors of a {@link CsrPattern}. */
export type Rows = Pick<CsrPattern, 'rows' | 'columns' | 'pointers' | 'indices'>;

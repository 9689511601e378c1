import type { Kernels } from '../runtime/kernels.ts';

/** Columns that a work item should have at least, and values that a thread should get. */
const COLUMNS = 32;
const SHARE = 16384;

export interface SegmentSum {
  readonly type: 'f32' | 'i32';
  /** Addresses of x[rows, width], of the segments' ids[rows] as int32, and of what is added to, [segments, width]. */
  readonly x: number;
  readonly ids: number;
  readonly to: number;
  readonly rows: number;
  readonly width: number;
  readonly segments: number;
}

/** to[ids[i], :] += x[i, :], in the rows' order; an id outside of [0, segments) names no segment. */
export function segmentSum(kernels: Kernels, { type, x, ids, to, rows, width, segments }: SegmentSum): void {
  if (rows === 0 || width === 0) return;
  const { threads } = kernels;
  const pieces = rows * width < 2 * SHARE ? 1 : Math.max(1, Math.min(Math.floor(width / COLUMNS), threads.count * 2));
  const chunk = Math.ceil(width / pieces / 16) * 16;
  threads.words.set([x, to, ids, rows, width, segments, chunk], threads.parameters());
  threads.run(kernels.number(`${type}_segment_sum`), Math.ceil(width / chunk), 1);
}

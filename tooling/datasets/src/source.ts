import type { DataFile } from './data-file.ts';

export interface LoadProgress {
  /** Where the data come from, such as `Debian package dataset-fashion-mnist`. */
  readonly source: string;
  /** What is being loaded. */
  readonly item: string;
  /** From 0 to 1. */
  readonly fraction: number;
}

export type OnProgress = (progress: LoadProgress) => void;

export interface SourceContext {
  readonly onProgress: OnProgress;
  /** Ends what the source is doing. */
  readonly signal: AbortSignal | undefined;
}

/** A place that data sets come from. */
export interface Source {
  readonly label: string;
  /** Whether it reaches beyond this machine. */
  readonly online: boolean;
  /** What it gives is on this machine's disk already and isn't copied to the cache. */
  readonly cached?: boolean;
  /**
   * Hands each file's content, compressed or not, to `accept`, which throws when the content is refused.
   *
   * @throws Error saying why the source has nothing to give.
   */
  deliver(
    files: readonly DataFile[],
    accept: (file: DataFile, content: Uint8Array) => Promise<void>,
    context: SourceContext,
  ): Promise<void>;
}

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { saveSafetensors } from '@x/tensor';
import writeFileAtomic from 'write-file-atomic';
import { renderHtml } from './report/html.ts';
import type { Report } from './report/report.ts';

/** What a run leaves behind. */
export interface ResultFiles {
  readonly html: string;
  readonly json: string;
  readonly model: string;
}

/**
 * Makes the directory of the results, before anything that takes long.
 *
 * @throws Error if it can't be one, or nothing can be written there.
 */
export async function prepareDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new Error(`option '--out <directory>': '${directory}' is a file; name a directory, which is made if it isn't there.`);
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new Error(
      `option '--out <directory>': nothing can be written in '${directory}' (${(error as Error).message}); name another directory, inside '${dirname(directory)}' or elsewhere.`,
      { cause: error },
    );
  }
}

/** Writes the results; each file appears as a whole or not at all. */
export async function writeResults(
  directory: string,
  report: Report,
  { tensors, mistakeImages }: { tensors: Readonly<Record<string, Tensor>>; mistakeImages: readonly string[] },
): Promise<ResultFiles> {
  const files = {
    html: join(directory, 'report.html'),
    json: join(directory, 'report.json'),
    model: join(directory, 'model.safetensors'),
  };
  await saveSafetensors(files.model, tensors, {
    metadata: { data: report.data.name, layers: report.network.layers, testAccuracy: String(report.test.accuracy) },
  });
  await writeFileAtomic(files.json, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFileAtomic(files.html, renderHtml(report, mistakeImages));
  return files;
}

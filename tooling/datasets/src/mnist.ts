import { directorySource } from './directory-source.ts';
import { imageFiles, readImageSet, type ImageSet } from './image-set.ts';
import { loadFiles } from './load-files.ts';
import type { OnProgress } from './source.ts';

const files = imageFiles('sha256', {
  trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
});

/**
 * MNIST (LeCun, Cortes, Burges), complete: 60,000 training and 10,000 test images of 28x28 grey values in 10 classes,
 * from a directory that holds the four official IDX files, compressed or not.
 *
 * @throws Error naming the files that are absent, truncated or altered.
 */
export async function loadMnist({ directory, onProgress }: { directory: string; onProgress?: OnProgress }): Promise<ImageSet> {
  const contents = await loadFiles(
    'MNIST',
    files,
    [directorySource('the directory', directory, { cached: true })],
    onProgress ? { onProgress } : {},
  );
  return readImageSet(files, contents, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
}

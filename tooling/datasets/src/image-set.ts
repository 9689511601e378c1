import type { DataFile } from './data-file.ts';
import { parseIdx } from './idx.ts';

export interface ImagePart {
  /** Grey values 0 to 255, [count, height, width]. */
  readonly images: Uint8Array;
  /** A class for each image, [count]. */
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface ImageSet {
  readonly train: ImagePart;
  readonly test: ImagePart;
  readonly height: number;
  readonly width: number;
  /** Names of the classes; a label is an index into it. */
  readonly classes: readonly string[];
}

/** The four files of MNIST and of the data sets made to replace it, which differ in their hashes alone. */
export function imageFiles(
  algorithm: DataFile['hash']['algorithm'],
  digests: { trainImages: string; trainLabels: string; testImages: string; testLabels: string },
): DataFile[] {
  const file = (name: string, bytes: number, digest: string): DataFile => ({ name, bytes, hash: { algorithm, digest } });
  return [
    file('train-images-idx3-ubyte', 16 + 60_000 * 28 * 28, digests.trainImages),
    file('train-labels-idx1-ubyte', 8 + 60_000, digests.trainLabels),
    file('t10k-images-idx3-ubyte', 16 + 10_000 * 28 * 28, digests.testImages),
    file('t10k-labels-idx1-ubyte', 8 + 10_000, digests.testLabels),
  ];
}

/** Reads the four files, in the order of `imageFiles`, as a data set. */
export function readImageSet(files: readonly DataFile[], contents: ReadonlyMap<string, Uint8Array>, classes: readonly string[]): ImageSet {
  const arrays = files.map(({ name }) => parseIdx(contents.get(name)!, name));
  const [trainImages, trainLabels, testImages, testLabels] = arrays as [Idx, Idx, Idx, Idx];
  const [, height, width] = trainImages.shape as [number, number, number];
  return {
    train: { images: trainImages.data, labels: trainLabels.data, count: trainLabels.data.length },
    test: { images: testImages.data, labels: testLabels.data, count: testLabels.data.length },
    height,
    width,
    classes,
  };
}

type Idx = ReturnType<typeof parseIdx>;

import { fileURLToPath } from 'node:url';
import { debianSource } from './debian-source.ts';
import { directorySource, storeIn } from './directory-source.ts';
import { imageFiles, readImageSet, type ImageSet } from './image-set.ts';
import { loadFiles } from './load-files.ts';
import type { OnProgress, Source } from './source.ts';
import { webSource } from './web-source.ts';

const files = imageFiles('md5', {
  trainImages: 'f4a8712d7a061bf5bd6d2ca38dc4d50a',
  trainLabels: '9018921c3c673c538a1fc5bad174d6f9',
  testImages: '8181f5470baa50b63fa0f6fddb340f0a',
  testLabels: '15d484375f8d13e6eb1aabb0c3f46965',
});
const classes = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
const system = '/usr/share/datasets/fashion-mnist';
const defaultCache = fileURLToPath(new URL('../../../node_modules/.cache/datasets/fashion-mnist', import.meta.url));

export interface LoadOptions {
  readonly onProgress?: OnProgress;
  /** Where the uncompressed files are kept; the repository's `node_modules/.cache` unless told otherwise. */
  readonly cacheDir?: string;
  /** Looks on this machine only. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
}

/** The four ways to Fashion-MNIST, in the order in which they are tried. */
export function fashionMnistSources(cacheDir: string = defaultCache): Source[] {
  return [
    directorySource('the cache', cacheDir, { cached: true }),
    directorySource("the system's data sets", system),
    debianSource('dataset-fashion-mnist', system),
    webSource('http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'),
  ];
}

/**
 * Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747), complete: 60,000 training and 10,000 test images of
 * 28x28 grey values in 10 classes.
 *
 * @throws Error naming every way that was tried and what each said, when there is no way to the data.
 * @example const { train } = await loadFashionMnist(); // train.images: Uint8Array of 60000 * 784
 */
export async function loadFashionMnist({ cacheDir = defaultCache, ...options }: LoadOptions = {}): Promise<ImageSet> {
  const contents = await loadFiles('Fashion-MNIST', files, fashionMnistSources(cacheDir), {
    ...options,
    store: (file, content) => storeIn(cacheDir, file, content),
    remedy: `Install Debian's package (apt-get install dataset-fashion-mnist), or place the four files, compressed or not, in ${cacheDir}.`,
  });
  return readImageSet(files, contents, classes);
}

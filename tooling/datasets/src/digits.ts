import { fileURLToPath } from 'node:url';
import type { DataFile } from './data-file.ts';
import { debianSource } from './debian-source.ts';
import { directorySource, storeIn } from './directory-source.ts';
import type { LoadOptions } from './fashion-mnist.ts';
import { loadFiles } from './load-files.ts';

const file: DataFile = {
  name: 'digits.csv',
  bytes: 264712,
  hash: { algorithm: 'sha256', digest: '6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8' },
};
const system = '/usr/lib/python3/dist-packages/sklearn/datasets/data';
const defaultCache = fileURLToPath(new URL('../../../node_modules/.cache/datasets/digits', import.meta.url));

/** Small images of handwritten digits. */
export interface Digits {
  /** 1797 · 64 grey values from 0 to 16. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * The test part of UCI's "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998) as scikit-learn carries it: 1797
 * images of 8x8 values in 10 classes.
 *
 * @throws Error naming every way that was tried and what each said, when there is no way to the data.
 */
export async function loadDigits({ cacheDir = defaultCache, ...options }: LoadOptions = {}): Promise<Digits> {
  const sources = [
    directorySource('the cache', cacheDir, { cached: true }),
    directorySource("the system's scikit-learn", system),
    debianSource('python3-sklearn', system),
  ];
  const contents = await loadFiles('Digits', [file], sources, {
    ...options,
    store: (file, content) => storeIn(cacheDir, file, content),
    remedy: `Place digits.csv of scikit-learn, compressed or not, in ${cacheDir}.`,
  });
  const rows = new TextDecoder()
    .decode(contents.get(file.name))
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return { images: Uint8Array.from(rows.flatMap((row) => row.slice(0, 64))), labels: Uint8Array.from(rows, (row) => row[64]!) };
}

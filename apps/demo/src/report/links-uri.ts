import type { ImagePart } from '@x-tooling/datasets';
import { imageUri } from './image-uri.ts';

/** Counts of links as a picture, from black for none to white for `most`. */
export function linksUri(links: readonly number[], most: number, size: { width: number; height: number }): string {
  const images = Uint8Array.from(links, (count) => Math.round((255 * count) / Math.max(1, most)));
  return imageUri({ images, labels: new Uint8Array(1), count: 1 } satisfies ImagePart, 0, size);
}

import { encode } from 'fast-png';
import type { ImagePart } from '@x-tooling/datasets';

/** One image of a part as the address of a PNG that holds itself. */
export function imageUri({ images }: ImagePart, image: number, { width, height }: { width: number; height: number }): string {
  const pixels = width * height;
  const data = images.subarray(image * pixels, (image + 1) * pixels);
  const png = encode({ width, height, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

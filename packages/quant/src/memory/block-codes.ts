import { dynamicMap } from '../formats/dynamic-map.ts';

/** Whether a map has negative values. */
export type Sign = 'signed' | 'unsigned';

/** Values of the codes, by whether there are negative ones. */
const maps: Readonly<Record<Sign, Float32Array>> = { signed: dynamicMap(), unsigned: dynamicMap({ signed: false }) };

/** Middles between neighbouring values: x belongs to the first code whose middle it doesn't exceed. */
const middles = { signed: middlesOf(maps.signed), unsigned: middlesOf(maps.unsigned) };

function middlesOf(map: Float32Array): Float32Array {
  return Float32Array.from({ length: 255 }, (_, code) => ((map[code] as number) + (map[code + 1] as number)) / 2);
}

/** Numbers as 8-bit codes of the dynamic map, in blocks that each have the largest size as their scale. */
export function encodeBlockwise(values: Float32Array, codes: Uint8Array, scales: Float32Array, block: number, sign: Sign): void {
  const bounds = middles[sign];
  for (let index = 0; index < scales.length; index++) {
    const begin = index * block;
    const end = Math.min(begin + block, values.length);
    let largest = 0;
    for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(values[i] as number));
    scales[index] = largest;
    const inverse = largest > 0 ? 1 / largest : 0;
    for (let i = begin; i < end; i++) {
      const x = (values[i] as number) * inverse;
      let code = 0;
      for (let step = 128; step > 0; step >>= 1) if (x > (bounds[code + step - 1] as number)) code += step;
      codes[i] = code;
    }
  }
}

/** The numbers of codes. */
export function decodeBlockwise(codes: Uint8Array, scales: Float32Array, values: Float32Array, block: number, sign: Sign): void {
  const map = maps[sign];
  for (let i = 0; i < values.length; i++) values[i] = (map[codes[i] as number] as number) * (scales[Math.floor(i / block)] as number);
}

import { inflateRaw } from './host.ts';

/** The bytes of a module as the kernel build packs them: deflated, in base64. */
export async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  return inflateRaw(decodeBase64(base64));
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const buffer = (globalThis as { Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> } }).Buffer;
  if (buffer) return buffer.from(text, 'base64');
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

import { inflateRaw } from './host.ts';

/** The bytes of a module as the kernel build packs them: deflated, in base64. */
export async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  return inflateRaw(decodeBase64(base64));
}

/** Ways that some engines have and that this language version doesn't know. */
const native = globalThis as {
  Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> };
  Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
};

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (native.Buffer) return native.Buffer.from(text, 'base64');
  if (native.Uint8Array.fromBase64) return native.Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

import { launchChromium } from '@x-tooling/testing/browser';

const words =
  `invoice total amount 2024-07-31 No. 4711 street north harbor coffee ticket EXIT open closed winter salmon BAGGAGE claim quiet please
do not enter Monday chapter seven receipt 18.50 VAT included bottle glass paper recycle platform 9 departs 14:32 arrivals museum free
entrance library hours ISBN 978 edition printed in signature date of birth passport number valid until weight 250 g best before store
in a cool dry place ingredients sugar flour butter eggs vanilla`.split(/\s+/);
const fonts = ['serif', 'sans-serif', 'monospace'];

/** Text on images of RGB bytes [count, height, width, 3], upright, from a seed; drawn by Chromium, whose fonts are the system's. */
export async function textImages(count: number, height: number, width: number, seed: number): Promise<Uint8Array> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const text = await page.evaluate(draw, { count, height, width, seed, words, fonts });
    return new Uint8Array(Buffer.from(text, 'base64'));
  } finally {
    await browser.close();
  }
}

interface Drawing {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly seed: number;
  readonly words: readonly string[];
  readonly fonts: readonly string[];
}

/** In the page. */
function draw({ count, height, width, seed, words, fonts }: Drawing): string {
  let state = seed * 2_654_435_761 + 1;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  let bytes = '';
  for (let image = 0; image < count; image++) {
    const shade = (from: number): string => `rgb(${from + below(60)}, ${from + below(60)}, ${from + below(60)})`;
    const dark = below(4) === 0;
    context.resetTransform();
    context.fillStyle = shade(dark ? 10 : 190);
    context.fillRect(0, 0, width, height);
    context.fillStyle = shade(dark ? 190 : 10);
    const text = Array.from({ length: 1 + below(3) }, () => words[below(words.length)]!).join(' ');
    const style = `${below(3) === 0 ? 'bold ' : ''}${below(5) === 0 ? 'italic ' : ''}`;
    context.font = `${style}${26 + below(14)}px ${fonts[below(fonts.length)]}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.translate(width / 2, height / 2);
    context.rotate(((below(41) - 20) / 20) * 0.04);
    const wide = context.measureText(text).width;
    const fit = Math.min(1, (width - 12) / wide);
    context.scale(fit, 1 - (1 - fit) / 2);
    context.fillText(text, 0, below(5) - 2);
    const { data } = context.getImageData(0, 0, width, height);
    for (let at = 0; at < data.length; at += 4) bytes += String.fromCharCode(data[at]!, data[at + 1]!, data[at + 2]!);
  }
  return btoa(bytes);
}

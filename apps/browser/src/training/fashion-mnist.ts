/** Grey values 0 to 255 and classes, image after image. */
export interface Images {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

export interface FashionMnist {
  readonly train: Images;
  readonly test: Images;
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
}

interface About {
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** Asks the page's server for the data set. @throws Error with the server's reason if it has none. */
export async function fetchFashionMnist(base: URL, onProgress: (fraction: number) => void = () => {}): Promise<FashionMnist> {
  const get = async (name: string): Promise<Response> => {
    const response = await fetch(new URL(name, base));
    if (!response.ok) throw new Error((await response.text()) || `${response.url}: ${response.status} ${response.statusText}`);
    return response;
  };
  const about = await get('about.json');
  if (!about.headers.get('Content-Type')?.includes('json'))
    throw new Error(`${about.url} is no data set: serve this page by its own dev or preview server, which brings Fashion-MNIST.`);
  const { classes, height, width, bytes } = (await about.json()) as About;
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  let received = 0;
  const part = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const content = new Uint8Array(bytes[name]!);
    let at = 0;
    for await (const chunk of chunks((await get(name)).body!)) {
      content.set(chunk, at);
      at += chunk.length;
      received += chunk.length;
      onProgress(received / total);
    }
    if (at !== content.length) throw new Error(`${name} ended after ${at} of ${content.length} bytes; load the page again.`);
    return content;
  };
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    (['train-images', 'train-labels', 'test-images', 'test-labels'] as const).map(part),
  );
  return {
    train: { images: trainImages!, labels: trainLabels!, count: trainLabels!.length },
    test: { images: testImages!, labels: testLabels!, count: testLabels!.length },
    classes,
    height,
    width,
  };
}

/** Not every browser can iterate over a stream. */
async function* chunks(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

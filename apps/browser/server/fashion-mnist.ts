import type { IncomingMessage, ServerResponse } from 'node:http';
import { loadFashionMnist, type ImageSet } from '@x-tooling/datasets';
import type { Connect, Plugin } from 'vite';

const PREFIX = '/data/fashion-mnist/';

/** Lets Vite's servers give Fashion-MNIST's bytes to the page, from wherever `tooling/datasets` finds them. */
export function fashionMnist(): Plugin {
  let loading: Promise<ImageSet> | undefined;
  const load = (): Promise<ImageSet> => {
    loading ??= loadFashionMnist();
    // What failed for want of a network may go well the next time.
    loading.catch(() => (loading = undefined));
    return loading;
  };
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url?.startsWith(PREFIX)) void answer(request, response, load);
    else next();
  };
  return {
    name: 'fashion-mnist',
    configureServer: ({ middlewares }) => void middlewares.use(middleware),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(middleware),
  };
}

async function answer({ url = '' }: IncomingMessage, response: ServerResponse, load: () => Promise<ImageSet>): Promise<void> {
  const send = (status: number, type: string, body: string | Uint8Array): void =>
    void response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
  try {
    const { train, test, classes, height, width } = await load();
    const parts: Readonly<Record<string, Uint8Array>> = {
      'train-images': train.images,
      'train-labels': train.labels,
      'test-images': test.images,
      'test-labels': test.labels,
    };
    const name = url.slice(PREFIX.length);
    const part = parts[name];
    if (part) send(200, 'application/octet-stream', part);
    else if (name === 'about.json') send(200, 'application/json', JSON.stringify({ classes, height, width, bytes: sizes(parts) }));
    else send(404, 'text/plain', `There is no ${name}; there are about.json, ${Object.keys(parts).join(', ')}.`);
  } catch (error) {
    send(503, 'text/plain', (error as Error).message);
  }
}

function sizes(parts: Readonly<Record<string, Uint8Array>>): Record<string, number> {
  return Object.fromEntries(Object.entries(parts).map(([name, { length }]) => [name, length]));
}

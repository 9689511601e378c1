import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DataFile } from '../src/data-file.ts';
import type { LoadProgress } from '../src/source.ts';
import { webSource } from '../src/web-source.ts';

const file: DataFile = { name: 'a', bytes: 3, hash: { algorithm: 'md5', digest: '' } };
const server = createServer((request, response) => {
  if (request.url === '/good/a.gz') response.writeHead(200, { 'content-length': 3 }).end('abc');
  else if (request.url === '/stalls/a.gz') response.writeHead(200, { 'content-length': 3 }).write('a');
  else response.writeHead(404).end();
});
let origin: string;
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const get = async (base: string): Promise<{ text: string; progress: LoadProgress[] }> => {
  const progress: LoadProgress[] = [];
  let text = '';
  await webSource(base, { timeout: 200 }).deliver(
    [file],
    async (_file, content) => {
      text = Buffer.from(content).toString();
    },
    { onProgress: (step) => progress.push(step), signal: undefined },
  );
  return { text, progress };
};

test('hands on the content and how much of it has come', async () => {
  const { text, progress } = await get(`${origin}/good/`);
  expect(text).toBe('abc');
  expect(progress.at(-1)).toEqual({ source: `${origin}/good/`, item: 'a', fraction: 1 });
});

test('says what went wrong', async () => {
  await expect(get(`${origin}/none/`)).rejects.toThrow(`${origin}/none/a.gz answered 404 Not Found.`);
  await expect(get(`${origin}/stalls/`)).rejects.toThrow(`${origin}/stalls/a.gz sent nothing for 0.2 s.`);
  await expect(get('http://127.0.0.1:1/')).rejects.toThrow(/^http:\/\/127\.0\.0\.1:1\/a\.gz: /);
});

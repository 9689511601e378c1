import type { Source } from './source.ts';

/** Files under a URL, with `.gz` after their names. `timeout` is the longest wait, in milliseconds, for an answer or for the next bytes. */
export function webSource(base: string, { timeout = 20_000 } = {}): Source {
  return {
    label: base,
    online: true,
    async deliver(files, accept, { onProgress, signal }) {
      for (const file of files) {
        const url = new URL(`${file.name}.gz`, base).href;
        const stalled = new AbortController();
        const alarm = setTimeout(() => stalled.abort(new Error(`${url} sent nothing for ${timeout / 1000} s.`)), timeout);
        try {
          const response = await fetch(url, { signal: AbortSignal.any(signal ? [signal, stalled.signal] : [stalled.signal]) });
          if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status} ${response.statusText}.`);
          const total = Number(response.headers.get('content-length')) || Number.NaN;
          const chunks: Uint8Array[] = [];
          let received = 0;
          for await (const chunk of response.body) {
            alarm.refresh();
            chunks.push(chunk);
            received += chunk.length;
            onProgress({ source: base, item: file.name, fraction: Number.isNaN(total) ? 0 : received / total });
          }
          clearTimeout(alarm);
          await accept(file, Buffer.concat(chunks));
        } catch (error) {
          const { message, cause } = error as Error;
          throw message === 'fetch failed'
            ? new Error(`${url}: ${(cause as Error | undefined)?.message ?? message}.`, { cause: error })
            : error;
        } finally {
          clearTimeout(alarm);
        }
      }
    },
  };
}

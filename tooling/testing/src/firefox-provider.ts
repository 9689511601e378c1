import { defineBrowserProvider } from '@vitest/browser';
import type { Browser, Page, Viewport } from 'puppeteer-core';
import type { BrowserProviderOption } from 'vitest/node';
import { launchFirefox } from './firefox.ts';

/** Opens vitest's pages in the system's Firefox, which none of vitest's own providers can start. Tests run in it; it has no user's events and mocks no modules. */
export function firefox(): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'firefox',
    supportedBrowser: ['firefox'],
    providerFactory(project) {
      let browser: Promise<Browser> | undefined;
      const pages = new Map<string, Page>();
      // Asked for before each file of tests.
      project.browser!.registerCommand('__vitest_viewport', ({ sessionId }, size: Viewport) => pages.get(sessionId)!.setViewport(size));
      return {
        name: 'firefox',
        supportsParallelism: false,
        getCommandsContext: (session) => ({ page: pages.get(session) }),
        async openPage(session, url) {
          browser ??= launchFirefox();
          await pages.get(session)?.close();
          const page = await (await browser).newPage();
          pages.set(session, page);
          await page.goto(url, { timeout: 0 });
        },
        async close() {
          await (await browser)?.close();
          browser = undefined;
          pages.clear();
        },
      };
    },
  });
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    __vitest_viewport(size: Viewport): Promise<void>;
  }
}

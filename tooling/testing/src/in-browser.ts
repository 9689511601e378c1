import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { TestProjectInlineConfiguration, ViteUserConfig } from 'vitest/config';
import { browsers } from './browsers.ts';
import { chromiumPath } from './chromium.ts';
import { firefox } from './firefox-provider.ts';
import { isolation } from './serve.ts';

const providers = {
  Chromium: () => playwright({ launchOptions: { ...(chromiumPath && { executablePath: chromiumPath }) } }),
  Firefox: firefox,
};

/**
 * The same tests, and those of `include` once more in each browser, on a cross-origin isolated page; where there is none, one line says so.
 * What is to run there imports nothing of Node.
 */
export function andInBrowsers(tests: ViteUserConfig, include: readonly string[]): ViteUserConfig {
  const { test: { reporters, ...options } = {}, ...rest } = tests;
  const { testTimeout, hookTimeout, provide } = options;
  const inBrowsers = browsers.flatMap(({ name, path, debian }): TestProjectInlineConfiguration[] => {
    if (!path) {
      console.warn(`${include.join(', ')}: not run in ${name}, since there is none (apt-get install ${debian}).`);
      return [];
    }
    return [
      {
        resolve: { conditions: ['@x/source', 'module', 'browser', 'development|production'] },
        server: { headers: isolation },
        // Known beforehand, so that no page is loaded anew when one of them is met.
        optimizeDeps: { include: ['@tensorflow/tfjs-core'] },
        test: {
          name: name.toLowerCase(),
          include: [...include],
          fileParallelism: false,
          ...(testTimeout && { testTimeout }),
          ...(hookTimeout && { hookTimeout }),
          ...(provide && { provide }),
          setupFiles: [fileURLToPath(new URL('setup.ts', import.meta.url))],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: providers[name](),
            instances: [{ browser: name.toLowerCase() as 'chromium' | 'firefox' }],
          },
        },
      },
    ];
  });
  return { test: { ...(reporters && { reporters }), projects: [{ ...rest, test: { ...options, name: 'node' } }, ...inBrowsers] } };
}

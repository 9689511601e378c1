import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { ViteUserConfig } from 'vitest/config';
import { chromiumPath } from './chromium.ts';
import { isolation } from './serve.ts';

/**
 * The same tests, and those of `include` once more in Chromium, on a cross-origin isolated page; where there is no Chromium, one line says so.
 * What is to run there imports nothing of Node.
 */
export function andInChromium(tests: ViteUserConfig, include: readonly string[]): ViteUserConfig {
  if (!chromiumPath) {
    console.warn(`${include.join(', ')}: not run in Chromium, since there is none (apt-get install chromium).`);
    return tests;
  }
  const { test: { reporters, ...options } = {}, ...rest } = tests;
  const { testTimeout, hookTimeout, provide } = options;
  return {
    test: {
      ...(reporters && { reporters }),
      projects: [
        { ...rest, test: { ...options, name: 'node' } },
        {
          resolve: { conditions: ['@x/source', 'module', 'browser', 'development|production'] },
          server: { headers: isolation },
          // Known beforehand, so that no page is loaded anew when one of them is met.
          optimizeDeps: { include: ['@tensorflow/tfjs-core'] },
          test: {
            name: 'chromium',
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
              provider: playwright({ launchOptions: { executablePath: chromiumPath } }),
              instances: [{ browser: 'chromium' }],
            },
          },
        },
      ],
    },
  };
}

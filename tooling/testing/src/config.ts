import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';
// Brings the matchers' types to every package whose vitest.config.ts imports this file.
import './matchers.ts';

/** Resolves workspace packages to their TypeScript sources, so that tests need no build of the code under test. */
const sourceCondition = '@x/source';
/** Vite's own defaults, which setting `conditions` replaces. */
const serverConditions = ['module', 'node', 'development|production'];

export interface LibraryTestsOptions {
  /** Milliseconds a test may take. */
  readonly testTimeout?: number;
  /** Test files that run at once; each is a process of its own. */
  readonly maxWorkers?: number;
  /** Console messages that don't fail a test, beside tfjs's hint to install its native package. */
  readonly allowConsole?: readonly RegExp[];
}

/**
 * The one vitest configuration: `export default libraryTests()`.
 *
 * Tests live in `test/**\/*.test.ts`, each file in a process of its own (tfjs keeps its engine on `globalThis`);
 * the numeric matchers are installed, a test that prints fails, and the counts go to `test-results.json`.
 */
export function libraryTests({ testTimeout = 30_000, maxWorkers = 2, allowConsole = [] }: LibraryTestsOptions = {}): ViteUserConfig {
  return {
    resolve: { conditions: [sourceCondition, ...serverConditions] },
    ssr: { resolve: { conditions: [sourceCondition, ...serverConditions], externalConditions: [sourceCondition] } },
    test: {
      include: ['test/**/*.test.ts'],
      pool: 'forks',
      maxWorkers,
      // Worker threads and child processes that a test starts inherit this, and so find the same sources.
      execArgv: [`--conditions=${sourceCondition}`],
      testTimeout,
      hookTimeout: testTimeout,
      setupFiles: [fileURLToPath(new URL('setup.ts', import.meta.url))],
      provide: { allowConsole: allowConsole.map(({ source, flags }) => ({ source, flags })) },
      reporters: ['default', ['json', { outputFile: 'test-results.json' }]],
      passWithNoTests: false,
    },
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    allowConsole: readonly { source: string; flags: string }[];
  }
}

import { libraryTests } from '@x-tooling/testing/config';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = libraryTests({ testTimeout: 60_000, maxWorkers: 1 });
export default config;

import { libraryTests } from '@x-tooling/testing/config';
import { andInBrowsers } from '@x-tooling/testing/in-browser';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = andInBrowsers(libraryTests(), [
  'test/kernels/*.test.ts',
  'test/sparse/*kernels.test.ts',
  'test/quant/qs8.test.ts',
]);
export default config;

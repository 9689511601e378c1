import { libraryTests } from '@x-tooling/testing/config';
import { andInChromium } from '@x-tooling/testing/in-browser';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = andInChromium(libraryTests(), [
  'test/kernels/*.test.ts',
  'test/sparse/*kernels.test.ts',
  'test/quant/qs8.test.ts',
]);
export default config;

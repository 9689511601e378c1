import { libraryTests } from '@x-tooling/testing/config';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = libraryTests();
export default config;

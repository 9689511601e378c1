import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig = library({ copy: ['src/generated/wasm'], evaluated: ['src/runtime/worker-source.ts'] });
export default config;

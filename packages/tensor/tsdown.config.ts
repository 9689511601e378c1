import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig = library({ copy: ['src/generated/wasm'] });
export default config;

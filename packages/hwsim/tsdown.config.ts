import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig[] = [
  library(),
  { ...library({ entry: ['src/cli/main.ts'] }), entry: { cli: 'src/cli/main.ts' }, platform: 'node', dts: false, clean: false },
];
export default config;

import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

// One build, so that the command and the library share what both need; only the command is for Node.
const built = library();
const config: UserConfig = {
  ...built,
  entry: { index: 'src/index.ts', cli: 'src/cli/main.ts' },
  deps: { ...built.deps, neverBundle: [/^node:/] },
};
export default config;

import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig = library({ entry: ['src/index.ts', 'src/gguf.ts', 'src/onnx.ts', 'src/unit-scaling.ts'] });
export default config;

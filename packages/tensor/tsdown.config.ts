import { library } from '@x-tooling/tsdown';
import type { UserConfig } from 'tsdown';

const config: UserConfig = library({
  entry: [
    'src/index.ts',
    'src/arguments.ts',
    'src/half.ts',
    'src/import.ts',
    'src/onnx.ts',
    'src/quant.ts',
    'src/recurrent.ts',
    'src/sparse.ts',
    'src/storage.ts',
    'src/worker.ts',
  ],
  copy: ['src/generated/wasm'],
  evaluated: ['src/runtime/worker-source.ts'],
});
export default config;

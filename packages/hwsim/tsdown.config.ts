import { defineConfig, type UserConfig } from 'tsdown'

const shared: UserConfig = { format: 'esm', dts: true, fixedExtension: false }
const config: UserConfig[] = defineConfig([
  { ...shared, entry: { index: 'src/index.ts' }, platform: 'neutral' },
  { ...shared, entry: { cli: 'src/cli/main.ts' }, platform: 'node', dts: false, clean: false },
]) as UserConfig[]
export default config

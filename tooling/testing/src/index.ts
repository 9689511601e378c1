export { allclose, type AllcloseOptions, type AllcloseResult } from './allclose.ts';
export { watchConsole } from './console.ts';
export { expectNoLeak, type LeakOptions } from './leak.ts';
export { matchers } from './matchers.ts';
export type { Numeric, TensorLike } from './numeric.ts';

export { disable, enable } from './runtime/enable.ts';
export type { EnableOptions, Runtime } from './runtime/runtime.ts';
export type { HeapStatistics } from './runtime/heap.ts';
export type { Profile, ProfiledKernel, ProfileSummary } from './runtime/profile.ts';
export type { Tier } from './runtime/tier.ts';
export { HeapExhaustedError, WorkerLostError } from './runtime/errors.ts';

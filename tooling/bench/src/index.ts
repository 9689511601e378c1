export { compare, type CandidateResult, type CompareOptions, type Comparison, type Limit } from './compare.ts';
export { formatComparison } from './format.ts';
export { renderMarkdown, renderTables } from './render.ts';
export { readResults, recordRun, writeResults, type BenchResults, type BenchRun } from './results.ts';
export type { Candidate } from './rounds.ts';

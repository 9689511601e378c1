export { compare, median, type CandidateResult, type CompareOptions, type Comparison, type Limit } from './compare.ts';
export { formatComparison } from './format.ts';
export { startPythonPeer, type PythonPeer } from './python-peer.ts';
export { renderMarkdown, renderTables } from './render.ts';
export { readResults, recordRun, writeResults, type BenchResults, type BenchRun } from './results.ts';
export type { Candidate } from './rounds.ts';

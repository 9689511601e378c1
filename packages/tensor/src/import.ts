// `@x/tensor/import`: weights that other frameworks made, into layers of ours.
export type { ConventionName } from './files/import/convention.ts';
export { importWeights, type ImportWeightsOptions } from './files/import/import-weights.ts';
export { loadTfjsWeights, TfjsModelError, type TfjsWeights } from './files/import/tfjs-weights.ts';
